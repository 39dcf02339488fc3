// Makes a fresh checkout ready: dependencies, .env, dist/. Runs before `npm start` and `npm test`, and as `npm run build`.
// Plain JavaScript without dependencies, since nothing is installed yet. Says on stderr what it does, and nothing when there is nothing to do.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { takeLock } from '../.ci/lock.mjs';

/** A failure with a sentence for a person; anything else that is thrown is a bug. */
function failure(message) {
  return Object.assign(new Error(message), { name: 'BootstrapFailure' });
}

function say(message) {
  process.stderr.write(`kintsugi: ${message}\n`);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Throws when this Node is older than package.json's engines.node, which has the form ">=MAJOR.MINOR". */
function checkNode(root) {
  const manifest = readJson(path.join(root, 'package.json'));
  const wanted = /^>=(\d+)\.(\d+)/.exec(manifest.engines?.node ?? '');
  if (!wanted) return;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > Number(wanted[1]) || (major === Number(wanted[1]) && minor >= Number(wanted[2]))) return;
  throw failure(
    `Node ${process.versions.node} is too old: version ${wanted[1]}.${wanted[2]} or newer is needed. Install one from https://nodejs.org or with your version manager, then start again.`,
  );
}

/**
 * Why node_modules does not fit package-lock.json, or null when it does. npm writes node_modules/.package-lock.json last, so an
 * install that was cut off has none. Optional packages may be missing: they are those that another platform needs or that did not build.
 */
function whyInstall(root) {
  const lockFile = path.join(root, 'package-lock.json');
  if (!existsSync(lockFile))
    throw failure(`${lockFile} is missing: restore it (git checkout -- package-lock.json).`);
  if (!existsSync(path.join(root, 'node_modules'))) return 'nothing is installed yet';
  let installed;
  try {
    installed = readJson(path.join(root, 'node_modules', '.package-lock.json')).packages;
  } catch {
    return 'the last installation did not finish';
  }
  const wanted = readJson(lockFile).packages;
  const stale = 'the installed packages are not those of package-lock.json';
  for (const [place, entry] of Object.entries(wanted)) {
    if (place === '') continue;
    const found = installed[place];
    if (!found) {
      if (entry.optional) continue;
      return stale;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return stale;
  }
  return Object.keys(installed).some((place) => !wanted[place]) ? stale : null;
}

/** The hash of everything that dist/ is made from. */
function sourceHash(root) {
  const hash = createHash('sha256');
  const add = (relative) => {
    hash
      .update(`${relative}\0`)
      .update(readFileSync(path.join(root, relative)))
      .update('\0');
  };
  const walk = (folder) => {
    const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const relative = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(relative);
      else if (entry.isFile() && relative !== 'src/bootstrap.mjs') add(relative);
    }
  };
  for (const file of ['package.json', 'package-lock.json', '.ci/build.mjs']) {
    if (existsSync(path.join(root, file))) add(file);
  }
  walk('src');
  return hash.digest('hex');
}

/** Whether dist/ is there and made from `hash`. The build writes the stamp. */
function isBuilt(root, hash) {
  try {
    return (
      readJson(path.join(root, 'dist', '.build.json')).hash === hash &&
      existsSync(path.join(root, 'dist', 'main.js'))
    );
  } catch {
    return false;
  }
}

function needsDotenv(root) {
  return !existsSync(path.join(root, '.env')) && existsSync(path.join(root, '.env.example'));
}

/** npm as this process was started by it, else the one on PATH. Windows needs a shell for `npm.cmd`. */
function npmCommand() {
  const script = process.env.npm_execpath;
  if (script && /^npm-cli\.c?js$/.test(path.basename(script)) && existsSync(script)) {
    return { command: process.execPath, args: [script], shell: false };
  }
  const windows = process.platform === 'win32';
  return { command: windows ? 'npm.cmd' : 'npm', args: [], shell: windows };
}

/** What to do about a failed `npm ci`, by what it printed. */
function installAdvice(output) {
  if (/EUSAGE|package\.json and package-lock\.json .* in sync/.test(output)) {
    return 'package.json and package-lock.json do not agree: run `npm install`, then start again.';
  }
  if (/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|network/i.test(output)) {
    return 'The package registry was not reached: check the network, the proxy and `npm config get registry`, then start again.';
  }
  if (/ENOSPC/.test(output)) return 'The disk is full: make room, then start again.';
  if (/EACCES|EPERM/.test(output))
    return 'A folder is not writable for you: see the path above, then start again.';
  return 'See the lines above; `npm ci` by itself shows more.';
}

/** Runs `npm ci`; its output is shown only when it fails, and then its end. */
function install(root, lock) {
  const { command, args, shell } = npmCommand();
  // isolated-vm is compiled where nobody serves it ready: without its 24 MB of debugging symbols that takes a third less.
  const env = { ...process.env, CXXFLAGS: process.env.CXXFLAGS ?? '-g0 -O1' };
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args, 'ci', '--include=dev', '--no-audit', '--no-fund'], {
      cwd: root,
      env,
      shell,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    lock.stopWith(child);
    const started = Date.now();
    const telling = setInterval(() => {
      say(`npm ci is still at work (${Math.round((Date.now() - started) / 60_000)} min)`);
    }, 60_000);
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-200_000);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => {
      clearInterval(telling);
      const why =
        error.code === 'ENOENT' ? 'npm was not found on PATH' : `npm could not be started (${error.code})`;
      reject(failure(`${why}. npm comes with Node: install Node again, or repair PATH.`));
    });
    child.on('close', (code, signal) => {
      clearInterval(telling);
      if (code === 0) return resolve();
      const said = output
        .split(/\r?\n/)
        .filter((text) => text.replace(/^npm (error|ERR!)/, '').trim() !== '');
      // npm says why at the beginning of its errors; a compiler, and the path of the log, stand at the end.
      const errors = said.findIndex((text) => /^npm (error|ERR!)/.test(text));
      const from = errors < 0 ? said.length : errors;
      const end = Math.max(from + 8, said.length - 8);
      const shown = [...said.slice(from, from + 8), ...(end > from + 8 ? ['…'] : []), ...said.slice(end)];
      const tail = (errors < 0 ? said.slice(-15) : shown).map((text) => `  ${text}`);
      reject(
        failure(
          [`npm ci failed (${signal || `exit code ${code}`}). It said:`, ...tail, installAdvice(output)].join(
            '\n',
          ),
        ),
      );
    });
  });
}

async function build(root, hash, clean) {
  const { build: bundle } = await import(pathToFileURL(path.join(root, '.ci', 'build.mjs')).href);
  try {
    await bundle({ root, hash, clean });
  } catch (error) {
    throw failure(`the build failed.\n${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Brings the checkout at `root` up to date. `force` builds even when dist/ is fresh, `clean` leaves nothing of earlier builds in it. */
async function bootstrap(root, { force, clean }) {
  checkNode(root);
  const isReady = () => whyInstall(root) === null && !needsDotenv(root) && isBuilt(root, sourceHash(root));
  if (!force && isReady()) return;

  const lock = await takeLock(path.join(root, 'logs', '.bootstrap-lock'), say, failure);
  try {
    const why = whyInstall(root);
    if (why) {
      say(`${why}; running npm ci, which takes a minute or a few`);
      await install(root, lock);
    }
    if (needsDotenv(root)) {
      const example = readFileSync(path.join(root, '.env.example'));
      writeFileSync(path.join(root, '.env'), example, { mode: 0o600, flag: 'wx' });
      say('made .env from .env.example; keys go there');
    }
    const hash = sourceHash(root);
    if (force || !isBuilt(root, hash)) {
      const started = Date.now();
      await build(root, hash, clean);
      say(`built dist/ in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    }
  } finally {
    lock.release();
  }
}

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const [task] = process.argv.slice(2);
bootstrap(root, { force: task === 'build' || task === 'pack', clean: task === 'pack' }).catch((error) => {
  say(
    error && error.name === 'BootstrapFailure'
      ? error.message
      : `bug in the start-up step: ${error.stack || error}`,
  );
  process.exitCode = 1;
});
