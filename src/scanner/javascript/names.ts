import { nameSet } from '../code.ts';

/** Modules that Node itself has. */
export const nodeModules: ReadonlySet<string> = nameSet(`
  assert assert.strict async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns dns.promises domain
  events fs fs.promises http http2 https inspector inspector.promises module net os path path.posix path.win32 perf_hooks process punycode
  querystring readline readline.promises repl sea sqlite stream stream.promises stream.web stream.consumers string_decoder sys test test.reporters
  timers timers.promises tls trace_events tty url util util.types v8 vm wasi worker_threads zlib
`);

/** Globals of Node that plain ECMAScript with a console and timers does not have. */
export const nodeGlobals: ReadonlySet<string> = nameSet(`
  process Buffer __dirname __filename global performance URL URLSearchParams TextEncoder TextDecoder AbortController AbortSignal
  Event EventTarget CustomEvent MessageChannel MessagePort MessageEvent BroadcastChannel Blob File FormData Headers Request Response fetch WebSocket EventSource
  XMLHttpRequest crypto Crypto CryptoKey SubtleCrypto atob btoa navigator localStorage sessionStorage WebAssembly setImmediate clearImmediate
  ReadableStream WritableStream TransformStream CompressionStream DecompressionStream DOMException Worker document window import.meta prompt alert confirm React
`);
