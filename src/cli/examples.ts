/** What stands below the flags in `kintsugi --help`. */
export const examples = `
Examples:
  kintsugi "write a function that calculates the factorial of a number and print factorial of 5"
  kintsugi "make the tests pass" --tests test/stack.test.js --out src
  git diff | kintsugi -p "write a changelog entry as JSON" --output-format json
  kintsugi replay latest

Exit codes: 0 verified · 1 failed inside or at the API · 2 usage · 3 finished, not verified · 4 refused as unsafe ·
5 needs a permission · 41 no key · 42 unreadable input · 44 no sandbox · 52 bad configuration · 56 budget reached ·
130/143 interrupted`;
