// One process at a time in a checkout. Plain JavaScript without dependencies, since nothing is installed yet.
import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** How long another start that is already at work is waited for. */
const longestWaitMs = 15 * 60_000;

/** A process that is there; on Linux also the same one, by its start time, since numbers are used again. */
function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  return started === null || startTime(pid) === null || startTime(pid) === started;
}

function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] || null;
  } catch {
    return null;
  }
}

/**
 * One bootstrap at a time: a folder that holds its owner's pid. It is filled under another name and renamed into place, so it is never
 * there without an owner; a dead owner's lock is moved away under a second lock, so that only one start takes it over.
 * `release` gives it back, and so does a signal, which also ends the process handed to `stopWith`. Throws `failure(sentence)`.
 */
export async function takeLock(folder, say, failure) {
  const deadline = Date.now() + longestWaitMs;
  let told = false;
  while (!tryLock(folder, failure)) {
    const other = ownerOf(folder);
    if (other && !isAlive(other)) {
      takeOver(folder, other);
    } else if (!told) {
      told = true;
      const who = other ? `process ${other.pid}` : 'a process unknown';
      say(`another start (${who}) is preparing this folder; waiting for it`);
    }
    if (Date.now() > deadline) {
      throw failure(
        `another start still holds ${folder}. If none is running, remove that folder and try again.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  let child = null;
  const release = () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    discard(folder);
  };
  function onSignal(signal) {
    if (child) child.kill(signal);
    release();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  }
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    release,
    stopWith: (started) => {
      child = started;
    },
  };
}

/** True when the lock is ours now, false when another has it. */
function tryLock(folder, failure) {
  const mine = `${folder}.${process.pid}`;
  try {
    rmSync(mine, { recursive: true, force: true });
    mkdirSync(mine, { recursive: true });
    const me = { pid: process.pid, started: startTime(process.pid) };
    writeFileSync(path.join(mine, 'owner.json'), JSON.stringify(me));
  } catch (error) {
    throw failure(`${path.dirname(folder)} cannot be written (${error.code}): make it writable for you.`);
  }
  try {
    renameSync(mine, folder);
    return true;
  } catch (error) {
    rmSync(mine, { recursive: true, force: true });
    // Windows says EPERM for a folder that is in the way.
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOENT'].includes(error.code)) return false;
    throw failure(`${folder} cannot be made (${error.code}): make its folder writable for you.`);
  }
}

function ownerOf(folder) {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'owner.json'), 'utf8'));
  } catch {
    return null;
  }
}

/** Removes a lock whole: emptied in place, it could be taken over half removed. */
function discard(folder) {
  const gone = `${folder}.${process.pid}.gone`;
  try {
    renameSync(folder, gone);
  } catch {
    return; // It is gone already.
  }
  rmSync(gone, { recursive: true, force: true });
}

function takeOver(folder, dead) {
  const guard = `${folder}.takeover`;
  try {
    mkdirSync(guard);
  } catch {
    try {
      if (Date.now() - statSync(guard).mtimeMs > 10_000) rmdirSync(guard);
    } catch {
      // Somebody else was faster.
    }
    return;
  }
  const now = ownerOf(folder);
  if (now && now.pid === dead.pid && now.started === dead.started) discard(folder);
  rmdirSync(guard);
}
