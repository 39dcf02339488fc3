/** The looks of an exported page: light and dark as the reader's system has it, black on white in print. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1f2328; --paper: #ffffff; --soft: #57606a; --line: #d0d7de; --pane: #f6f8fa;
  --good: #116329; --bad: #b3261e; --warn: #8a4b00; --gold: #7a5200; --added: #dafbe1; --removed: #ffebe9;
  --keyword: #8250df; --string: #0a3069; --number: #7a5200; --comment: #57606a; --name: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9198a1; --line: #30363d; --pane: #161b22;
  --good: #56d364; --bad: #ff7b72; --warn: #e3b341; --gold: #e3b341; --added: #12361f; --removed: #4a1c1c;
  --keyword: #d2a8ff; --string: #a5d6ff; --number: #e3b341; --comment: #9198a1; --name: #79c0ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; white-space: pre-wrap; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
a { color: var(--name); } :focus-visible { outline: 3px solid var(--gold); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; } .skip:focus { position: static; }
.soft { color: var(--soft); } .good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .gold { color: var(--gold); font-weight: 600; }
pre { margin: 0; padding: .75rem; background: var(--pane); border: 1px solid var(--line); border-radius: 6px; overflow: auto;
  font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap; tab-size: 4; }
pre + pre { margin-top: .5rem; } p.good, p.bad { white-space: pre-wrap; }
code { font: 13px/1.45 ui-monospace, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; } dt { color: var(--soft); } dd { margin: 0; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; margin: .5rem 0; } th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { font-weight: 600; } td pre { border: 0; padding: 0; background: none; }
ul { margin: .25rem 0; padding-left: 1.25rem; } .plan { list-style: none; padding-left: 0; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .75rem 0; padding: 0 1rem; } summary { cursor: pointer; padding: .6rem 0; font-weight: 600; }
details > :last-child { margin-bottom: 1rem; }
.line { display: block; min-height: 1.45em; } .line.added { background: var(--added); } .line.removed { background: var(--removed); }
.line.added::before { content: '+ '; } .line.removed::before { content: '- '; } .diff .line.same::before { content: '  '; }
.finding { display: block; color: var(--warn); font-style: italic; } .finding.deny { color: var(--bad); }
.keyword { color: var(--keyword); } .string { color: var(--string); } .number { color: var(--number); } .comment { color: var(--comment); } .name { color: var(--name); }
@media print { :root { --ink: #000; --paper: #fff; --soft: #444; --line: #999; --pane: #fff; --good: #063; --bad: #a00; --warn: #740; --gold: #740; --added: #eee; --removed: #eee;
  --keyword: #000; --string: #000; --number: #000; --comment: #444; --name: #000; }
  body { max-width: none; padding: 0; font-size: 11pt; } pre { overflow: visible; } h2, h3, summary { break-after: avoid; } tr, .finding { break-inside: avoid; } .skip { display: none; } }
`;
