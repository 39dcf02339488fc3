import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { kintsugi, makePlace } from './support/kintsugi.ts';
import { type Answer, startModelServer } from './support/model-server.ts';
import { allGone } from './support/sessions.ts';

/** The law of secrets, on a session that meets them wherever there is a way in. */

describe('no secret', { timeout: 300_000 }, () => {
  /** Planted in as many places as there are ways in. */
  const secrets = {
    environment: 'hV7kQ2mXw9ZtR4pLs8YbN3cJ',
    dotenv: 'pay-9fK2xL7qWm4Tz8Rb1Vn6',
    key: 'sk-ant-api03-Zx81Kd92LmQp47VtRw05YsBn63Hc',
    goal: 'ghp_R4nd0mR4nd0mR4nd0mR4nd0mR4nd0m12AB',
    attachment: 'AKIAQ7X2M9LK4TZP6WRB',
    output: 'xoxb-481516234248-1516234248152-aBcDeFgHiJkLmNoPqRsTuVwX',
    failure: 'glpat-x8K2mQ7vLt4Zp9Rb3Wn1',
    reply: 'npm_k3Xq9Zt7Lm2Vw8Rp4Yb6Nc1Jd5Hf0Gs2Tx4A',
    written: 'AIzaSyD4k9Lm2Qx7Vt8Rw3Zp6Yb1Nc5Jh0Gf2Ts',
  };
  const fence = (source: string) => `\`\`\`javascript path=main.js\n${source}\n\`\`\`\n`;
  /** A text that stands in the program in two halves, so that only its output holds it whole. */
  const halves = (text: string) => `${JSON.stringify(text.slice(0, 9))} + ${JSON.stringify(text.slice(9))}`;

  const answers: Record<string, (nth: number) => Answer> = {
    plan: () => ({
      text: `I was told ${secrets.reply}.`,
      tool: {
        name: 'plan',
        input: {
          approach: `Use ${secrets.goal} and ${secrets.environment}.`,
          language: 'javascript',
          steps: [
            {
              title: 'Fail, then print',
              instructions: `With ${secrets.dotenv}.`,
              checks: [{ kind: 'command', name: 'runs', command: 'node main.js | grep -q done' }],
            },
            { title: 'Print', instructions: '', checks: [{ kind: 'output', name: 'done', stdout: 'done' }] },
          ],
        },
      },
    }),
    diagnose: () => ({
      tool: { name: 'diagnosis', input: { text: `It threw ${secrets.failure}, as ${secrets.reply} says.` } },
    }),
    lesson: () => ({
      tool: {
        name: 'lesson',
        input: {
          when: `a program throws ${secrets.failure}`,
          do: 'print the word and end',
          why: `the reply had ${secrets.reply}`,
        },
      },
    }),
    code: (nth) => ({
      text: [
        fence(
          `console.log(${halves(secrets.output)});\nconsole.error('DEPLOY_TOKEN=' + ${halves(secrets.environment)});\nthrow new Error('token ' + ${halves(secrets.failure)});`,
        ),
        fence(
          `import { writeFileSync } from 'node:fs';\nwriteFileSync('note.txt', ${halves(secrets.written)});\nconsole.log(${halves(secrets.output)});\nconst token = '${secrets.reply}';\nconsole.log(token, 'done');`,
        ),
        fence("console.log('done');"),
      ][nth] as string,
    }),
  };

  it('reaches the journal, a prompt, or the terminal', async () => {
    const place = makePlace();
    const counts: Record<string, number> = {};
    const server = await startModelServer({
      answer: ({ tools, text }) => {
        const purpose =
          tools[0] === 'lesson'
            ? 'lesson'
            : tools[0] === 'diagnosis'
              ? 'diagnose'
              : tools[0] === 'plan' && text.includes('Make the plan')
                ? 'plan'
                : 'code';
        const nth = counts[purpose] ?? 0;
        counts[purpose] = nth + 1;
        return (answers[purpose] as (nth: number) => Answer)(nth);
      },
    });
    try {
      place.file(path.join(place.home, '.env'), `PAYMENTS=${secrets.dotenv}\n`);
      place.file(
        'notes.txt',
        `aws_access_key_id = ${secrets.attachment}\nDEPLOY_TOKEN=${secrets.environment}\n`,
      );
      const env = {
        ANTHROPIC_BASE_URL: server.url,
        ANTHROPIC_API_KEY: secrets.key,
        DEPLOY_TOKEN: secrets.environment,
      };
      const goal = `print done with ${secrets.goal} as in @notes.txt, where Authorization: Bearer ${secrets.key}`;
      const model = ['-m', 'anthropic/claude-sonnet-5-5'];
      const said: string[] = [];
      const run = async (...args: string[]) => {
        const ended = await kintsugi(place, args, { env });
        said.push(ended.stdout, ended.stderr);
        return ended;
      };
      const ended = await run(
        '-p',
        goal,
        ...model,
        '--verbose',
        '--output-format',
        'stream-json',
        '--out',
        'made',
      );
      expect(ended.code, ended.stderr).toBe(0);
      await run('-p', goal, '-m', 'demo');
      const [journal = ''] = place.journals();
      const verified = await run('replay', journal, '--verify');
      expect(verified.code, verified.stdout).toBe(0);
      await run('replay', journal);
      await run('sessions');
      await run('resume', journal);

      expect(counts).toEqual({ plan: 1, code: 3, diagnose: 1, lesson: 1 });
      expect(server.requests).toHaveLength(6);
      const prompts = server.requests.map((request) => JSON.stringify(request.body));
      const disk = place.journals().map((file) => readFileSync(file, 'utf8'));
      expect(disk).toHaveLength(2);
      const memory = [readFileSync(path.join(place.home, 'memory', 'log.jsonl'), 'utf8')];
      expect(memory[0]).toContain('"lesson"');
      for (const [where, secret] of Object.entries(secrets)) {
        for (const [what, texts] of Object.entries({ prompts, disk, said, memory })) {
          for (const text of texts)
            expect(text.includes(secret), `the secret of ${where} in ${what}`).toBe(false);
        }
      }
      // They were there, all of them, and were taken out.
      const kinds = new Set([...disk.join('').matchAll(/<secret:([a-z-]+):/g)].map((match) => match[1]));
      for (const kind of ['github', 'entropy', 'slack', 'gitlab', 'npm', 'google', 'env', 'dotenv'])
        expect(kinds).toContain(kind);
      expect(prompts.join('')).toContain('<secret:github:');
      expect(prompts.at(-2)).toContain('<secret:google:');
      await allGone(place.root);
    } finally {
      await server.close();
      await place.remove();
    }
  });
});
