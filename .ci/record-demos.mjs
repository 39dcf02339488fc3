#!/usr/bin/env node
// Records the sessions that the demo model plays: runs the real loop over the replies in tests/fixtures/demo/<name>/ (goal.txt, then one
// file a reply, in order: 1-plan.json, 2-code.md, 3-diagnose.txt …) and keeps the journals in src/models/demo/. Needs a built dist/.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const fixtures = path.join(root, 'tests', 'fixtures', 'demo');
const target = path.join(root, 'src', 'models', 'demo');
const work = mkdtempSync(path.join(tmpdir(), 'kintsugi-demo-'));
mkdirSync(target, { recursive: true });
let failed = 0;
for (const name of readdirSync(fixtures).sort()) {
  const folder = path.join(fixtures, name);
  const goal = readFileSync(path.join(folder, 'goal.txt'), 'utf8').trim();
  const replies = readdirSync(folder)
    .filter((file) => /^\d+-/.test(file))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  const rules = replies.map((file) => {
    const purpose = /^\d+-(\w+)\./.exec(file)?.[1];
    const text = readFileSync(path.join(folder, file), 'utf8');
    const reply =
      purpose === 'plan' ? JSON.parse(text) : purpose === 'diagnose' ? { text: text.trim() } : text;
    return JSON.stringify({ purpose, times: 1, reply });
  });
  writeFileSync(path.join(work, 'recorded'), `${rules.join('\n')}\n`);
  const home = path.join(work, name);
  const run = spawnSync(
    process.execPath,
    [
      path.join(root, 'dist', 'main.js'),
      '-p',
      '--model',
      'scripted:recorded',
      '--session-id',
      `demo-${name}`,
      goal,
    ],
    {
      cwd: work,
      encoding: 'utf8',
      env: { ...process.env, KINTSUGI_HOME: home, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  if (run.status === 0) {
    const [journal] = readdirSync(path.join(home, 'logs')).filter((file) => file.endsWith('.jsonl'));
    copyFileSync(path.join(home, 'logs', journal), path.join(target, `${name}.jsonl`));
    console.log(`${name}: ${run.stdout.trim().split('\n')[0]}`);
  } else {
    failed += 1;
    console.error(`${name}: exit ${run.status}\n${run.stderr}`);
  }
}
rmSync(work, { recursive: true, force: true });
process.exit(failed === 0 ? 0 : 1);
