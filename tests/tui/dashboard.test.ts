import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDelta, type SessionEvent } from '../../src/core/events.ts';
import { packageRoot } from '../../src/package-root.ts';
import { codeRule, eventsOf, kintsugi, makePlace, type Place, planToPrint } from '../support/kintsugi.ts';
import { noScreen, openScreen, type Screen, type ScreenOptions } from '../support/screen.ts';

/** The dashboard in a real terminal, with real sessions. */

const goal = 'reverse the string "hello world" and print it';

describe.skipIf(noScreen !== null)(
  `in a terminal${noScreen ? ` (skipped: ${noScreen})` : ''}`,
  { timeout: 180_000 },
  () => {
    let place: Place;
    let screens: Screen[];
    const open = (args: string[], options: ScreenOptions = {}) => {
      const screen = openScreen(place, args, options);
      screens.push(screen);
      return screen;
    };
    beforeEach(() => {
      place = makePlace();
      screens = [];
    });
    afterEach(async () => {
      for (const screen of screens) screen.close();
      await place.remove();
    });

    it('a goal is typed and comes out verified; accepted, the next one is asked for; /quit gives the terminal back', async () => {
      const screen = open(['--model', 'demo']);
      await screen.until(/what shall the program do/);
      screen.type(goal);
      await screen.until(/reverse the string "hello world"/);
      screen.keys('Enter');
      await screen.until(/attempt 1 of 5/);
      await screen.until(/Enter accepts/);
      const told = screen.text(true);
      expect(told).toContain('demo: recorded replies');
      expect(told).toContain("✓ attempt 1 passed · the model's checks hold");
      expect(told).toContain('│ dlrow olleh');
      expect(told).toMatch(/✓ verified: Proven by checks of the model/);
      screen.keys('Enter');
      await screen.until(/accepted[\s\S]*what shall the program do/);
      screen.type('/quit');
      screen.keys('Enter');
      expect(await screen.until(/ENDED \d+\n-?icanon/)).toMatch(/ENDED 0\nicanon/);
      expect(place.events().at(-1)).toMatchObject({ type: 'session.ended', outcome: { ending: 'verified' } });
    });

    it('two goals are queued while one is under way; each is a goal of its own, and no frame is left in the scrollback', async () => {
      const screen = open(['--model', 'demo'], { height: 18 });
      await screen.until(/what shall/);
      for (const one of [
        'build a task manager in several files that adds, completes and lists tasks and keeps them in a JSON file',
        goal,
        'write a function that calculates the factorial of a number and print factorial of 5',
      ]) {
        screen.type(one);
        screen.keys('Enter');
      }
      await screen.until(/❯ write a function that calc[\s\S]*Enter accepts/, true);
      const told = screen.text(true);
      expect(told.match(/✓ verified/g)).toHaveLength(3);
      expect(told).not.toContain('Change it so');
      expect(told).not.toContain('what comes next is queued');
      expect(place.journals()).toHaveLength(3);
    });

    it('with the demo, a goal that it knows is a goal of its own also right after another, and a change ends with what it knows', async () => {
      const screen = open(['--model', 'demo']);
      await screen.until(/what shall/);
      screen.type(goal);
      screen.keys('Enter');
      await screen.until(/Enter accepts/);
      screen.type('print the factorial of 5');
      screen.keys('Enter');
      await screen.until(/factorial[\s\S]*✓ verified[\s\S]*Enter accepts/, true);
      expect(screen.text(true)).not.toContain('a change to');
      screen.type('and in hex');
      screen.keys('Enter');
      await screen.until(/knows\s+only these goals/, true);
      expect(place.journals()).toHaveLength(3);
    });

    it('a fork whose model is left empty asks the one of the record, not the one of the dashboard', async () => {
      const model = place.script(planToPrint('ok', 'python'), codeRule("print('ok')", 'main.py'));
      const recorded = await kintsugi(place, ['-p', 'say ok', '--model', model]);
      expect(recorded.code).toBe(0);
      const screen = open(['replay', 'latest', '--model', 'demo'], { height: 40 });
      await screen.until(/[▶‖] 1×/);
      screen.keys('i', 'Home', 'f');
      await screen.until(/fork after event/);
      screen.keys('Enter');
      await screen.until(/Enter accepts/);
      expect(place.journals()).toHaveLength(2);
      const forks = place.journals().map((file) => eventsOf(file)[0]);
      expect(forks.at(-1)).toMatchObject({ model });
    });

    it('what is typed right after a denial opens the view it names', async () => {
      const model = place.script(
        planToPrint('ok', 'python'),
        codeRule("import subprocess\nsubprocess.run(['echo', 'ok'])", 'main.py'),
      );
      const screen = open(['--model', model]);
      await screen.until(/what shall/);
      screen.type('say ok');
      screen.keys('Enter');
      await screen.until(/y allow once/);
      screen.type('n/replay ');
      screen.type('latest');
      screen.keys('Enter');
      await screen.until(/[▶‖] 1× /);
    });

    it('what is being typed when a program asks for more goes on into the line and answers nothing', async () => {
      const model = place.script(
        planToPrint('ok', 'python'),
        codeRule("import subprocess\nsubprocess.run(['echo', 'ok'])", 'main.py'),
      );
      const screen = open(['--model', model]);
      await screen.until(/what shall/);
      screen.type('say ok');
      screen.keys('Enter');
      while (!/asks for more/.test(screen.text())) screen.type('y');
      await screen.until(/asks for more[\s\S]*y allow once[\s\S]*❯ y+/);
      expect(place.events().some((event) => event.type === 'permission.answered')).toBe(false);
      screen.keys('Escape', 'n');
      await screen.until(/denied/);
    });

    it('Esc interrupts and keeps what was done; Ctrl+C twice leaves with the code of the session', async () => {
      const model = place.script(
        planToPrint('done'),
        codeRule("console.log('begun');\nwhile (!globalThis.never) {}", 'main.js', { times: 1 }),
        codeRule("console.log('done');", 'main.js'),
      );
      const screen = open(['--model', model, '--permission-mode', 'default']);
      await screen.until(/what shall/);
      screen.type('print done');
      screen.keys('Enter');
      await screen.until(/running the program/);
      screen.keys('Escape');
      await screen.until(/cancelled: Interrupted by Esc/);
      expect(place.events().at(-1)).toMatchObject({
        type: 'session.ended',
        outcome: { ending: 'cancelled' },
      });
      expect(place.events().some((event) => event.type === 'program.written')).toBe(true);
      screen.keys('C-c', 'C-c');
      await screen.until(/ENDED 130/);
    });

    it('a program that asks for more is shown with its findings; denied with a reason, the next attempt is another', async () => {
      const model = place.script(
        planToPrint('ok', 'python'),
        codeRule("print('ok')", 'main.py', { when: ['did not meet the goal'] }),
        codeRule(
          "import subprocess\nprint(subprocess.run(['echo', 'ok'], capture_output=True, text=True).stdout)",
          'main.py',
        ),
      );
      const screen = open(['--model', model]);
      await screen.until(/what shall/);
      screen.type('say ok');
      screen.keys('Enter');
      const question = await screen.until(/asks for more than the policy grants/);
      expect(question).toContain('▲ subprocess.run starts another program');
      expect(question).toContain("2   print(subprocess.run(['echo', 'ok']");
      await screen.until(/y allow once/);
      screen.keys('f');
      await screen.until(/deny, because/);
      screen.type('no other programs');
      await screen.until(/no other programs/);
      screen.keys('Enter');
      await screen.until(/Enter accepts/);
      const told = screen.text(true);
      expect(told).toContain('denied: no other programs');
      expect(told).toContain('■ attempt 1 was denied before it ran');
      expect(told).toContain('✓ attempt 2 passed');
      expect(place.events()).toContainEqual(
        expect.objectContaining({ type: 'permission.answered', answer: expect.anything() }),
      );
    });

    it('a replay is stepped back and forth, jumps to the failure, and forks from there into a live session', async () => {
      const journal = path.join(packageRoot(), 'tests', 'fixtures', 'journals', 'python.jsonl');
      const events = eventsOf(journal);
      const facts = events.filter((event) => !isDelta(event));
      const shownAt = (event: SessionEvent | undefined) =>
        new RegExp(`${event?.seq}/${events.length} ${event?.type.replace('.', '\\.')}`);
      const failed = events.find((event) => event.type === 'verdict.reached');
      const screen = open(['replay', journal], { height: 40 });
      await screen.until(/▶ 1×|‖ 1×/);
      screen.keys('i');
      await screen.until(shownAt(facts.at(-1)));
      const last = await screen.until(/8 \+ {5}return/);
      expect(last).toContain('✓ verified');
      screen.keys('Left');
      await screen.until(shownAt(facts.at(-2)));
      screen.keys('Left', 'Left');
      await screen.until(shownAt(facts.at(-4)));
      screen.keys('Right', 'Right', 'Right');
      const again = await screen.until(shownAt(facts.at(-1)));
      expect(again).toBe(last);
      screen.keys('x');
      const failure = await screen.until(shownAt(failed));
      expect(failure).toContain('✗ attempt 1 failed · 2 passed, 2 failed · AssertionError: 3 != 2.5');
      expect(failure).toMatch(/expected 2\.5\s+│ got 3/);
      screen.keys('f');
      await screen.until(new RegExp(`fork after event ${failed?.seq}`));
      screen.type(`cassette:${journal}`);
      screen.keys('Enter');
      await screen.until(/Enter accepts/);
      expect(screen.text(true)).toMatch(/✓ attempt 2 passed/);
      const [own = ''] = place.journals();
      expect(eventsOf(own)[0]).toMatchObject({ forkedFrom: { session: 'golden-python', seq: failed?.seq } });
    });

    it('the picker finds a session by its words and plays it', async () => {
      const first = open(['--model', 'demo']);
      await first.until(/what shall/);
      first.type(goal);
      first.keys('Enter');
      await first.until(/Enter accepts/);
      const screen = open(['replay']);
      await screen.until(/replay a session · 1 of 1/);
      screen.type('nothing like it');
      await screen.until(/No session has these words/);
      screen.keys('C-u');
      screen.type('hello verified');
      await screen.until(/1 of 1/);
      screen.keys('Enter');
      await screen.until(/[▶‖] 1× /);
      screen.keys('q');
      await screen.until(/ENDED 0/);
    });

    it('a resize while it runs draws it anew, and what is above stays', async () => {
      const screen = open(['--model', 'demo'], { width: 120, height: 30 });
      await screen.until(/what shall/);
      screen.type(goal);
      screen.keys('Enter');
      await screen.until(/attempt 1 of 5/);
      screen.resize(60, 18);
      screen.resize(90, 26);
      await screen.until(/Enter accepts/);
      const told = screen.text(true);
      expect(told.match(/Enter accepts/g)).toHaveLength(1);
      expect(told).toContain('exit 0 is a proof');
      expect(told).toMatch(/✓ verified/);
    });

    it('many lines are pasted as one goal, the history gives them back, and Shift+Tab changes the mode', async () => {
      const screen = open(['--model', 'demo']);
      await screen.until(/what shall/);
      screen.paste('first line\nsecond line');
      const pasted = await screen.until(/second line/);
      expect(pasted).toMatch(/❯ first line\n {2}second line/);
      screen.keys('Enter');
      await screen.until(/demo goals|recorded|unknown-goal|authentication|no model/i);
      await screen.until(/what shall/);
      screen.keys('Up');
      await screen.until(/❯ first line\n {2}second line/);
      screen.keys('C-u', 'BSpace', 'C-u');
      screen.keys('Escape', 'Escape');
      await screen.until(/history:/);
      screen.keys('Escape', 'BTab');
      await screen.until(/permission mode: plan/);
    });

    it('SIGTERM ends the session in its journal, and the terminal is as it was', async () => {
      const model = place.script(planToPrint('x'), codeRule('while (!globalThis.never) {}'));
      const screen = open(['--model', model]);
      await screen.until(/what shall/);
      screen.type('wait');
      screen.keys('Enter');
      await screen.until(/running the program/);
      const { execFileSync } = await import('node:child_process');
      const child = execFileSync('pgrep', ['-P', String(screen.pid())], { encoding: 'utf8' })
        .trim()
        .split('\n')[0];
      process.kill(Number(child), 'SIGTERM');
      expect(await screen.until(/ENDED \d+\n-?icanon/)).toMatch(/ENDED 143\nicanon/);
      expect(place.events().at(-1)).toMatchObject({
        type: 'session.ended',
        outcome: { ending: 'terminated' },
      });
    });

    it('without colours there is not one colour sequence; a dumb terminal and NO_COLOR get lines', async () => {
      const journal = `${process.cwd()}/tests/fixtures/journals/python.jsonl`;
      const screen = open(['replay', journal, '--color', 'never']);
      await screen.until(/[▶‖] 1× /);
      screen.keys('i');
      await screen.until(/✓ verified/);
      expect(screen.styled()).not.toMatch(/\u001b\[[0-9;]*(?:3[0-8]|4[0-8]|9[0-7])m/);
      for (const env of [{ TERM: 'dumb' }, { NO_COLOR: '1' }]) {
        const lines = open(['replay', journal, '--speed', 'instant'], { env });
        const shown = await lines.until(/ENDED 0/, true);
        expect(shown).toContain('attempt 1: failed: AssertionError: 3 != 2.5');
        expect(shown).not.toContain('──');
      }
      const asked = open([], { env: { NO_COLOR: '1' } });
      expect(await asked.until(/goal/i)).not.toContain('plan, execute, test, reflect');
    });
  },
);
