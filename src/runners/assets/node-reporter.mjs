// A reporter of node:test: what the guard of this process made, which alone can write to the report.
import guard from './node-guard.cjs';

// biome-ignore lint/style/noDefaultExport: Node loads a reporter by its default export.
export default guard.reporter;
