import type { Trial, Way } from './support.ts';

export const script = 'from add import add\nassert add(1, 2) == 3, "wrong"\nprint("ok")\n';
export const unit =
  'from add import add\nimport unittest\nclass TestAdd(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(add(1, 2), 3)\n    def test_zero(self):\n        self.assertEqual(add(0, 0), 0)\nif __name__ == "__main__":\n    unittest.main()\n';
export const functions =
  'import pytest\nfrom add import add\ndef test_adds():\n    assert add(1, 2) == 3\n\ndef test_none():\n    assert True\n';

export const file: Way = { tests: ['test_add.py'] };
export const command: Way = { command: 'python3 test_add.py' };
export const shell: Way = { command: 'python3 test_add.py 2>&1' };

export function trial(program: string | Record<string, string>, ways: Way[], test = script): Trial {
  return {
    program: typeof program === 'string' ? { 'add.py': program } : program,
    checks: { 'test_add.py': test },
    ways,
  };
}

export const notToItsEnd = /did not run to its end/;
export const early = /ended the test process early/;
export const tampered = /tampered with its test/;
