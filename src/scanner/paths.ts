import type { KnownText } from './value.ts';

/** Where a path leads, as far as the text tells. `~` stands for the home folder. */
export type PathClass =
  | 'workspace'
  | 'harmless'
  | 'stdin'
  | 'outside'
  | 'sensitive'
  | 'persist'
  | 'device'
  | 'root'
  | 'home';

const harmless = /^\/dev\/(null|stdout|stderr|tty|zero|full|u?random|fd(\/\d+)?)$|^\/proc\/self\/fd\/\d+$/;
const stdin = /^\/dev\/(stdin|fd\/0)$|^\/proc\/self\/fd\/0$/;
const scratch = /^\/(var\/)?tmp(\/|$)|^\/dev\/shm(\/|$)|^\/private\/tmp(\/|$)/;
const device = /^\/dev\/(sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|loop|dm-|mapper\/|k?mem$|port$)/;
const sensitive =
  /^~\/(\.ssh|\.aws|\.gnupg|\.kube|\.docker|\.azure|\.config\/(gcloud|gh)|\.password-store|\.mozilla|\.config\/(google-chrome|chromium))(\/|$)|^~\/\.(netrc|npmrc|pypirc|git-credentials|pgpass|my\.cnf|(bash|zsh|python|node_repl)_history)$|^~\/Library\/Keychains|^\/etc\/(g?shadow-?|sudoers|passwd|krb5\.keytab|ssh\/ssh_host)(\/|$|\.|_)|^\/proc\/[^/]+\/(environ|mem|maps|cmdline)$|^\/run\/secrets|^\/var\/run\/secrets|(^|\/)\.env(\.(local|production|development))?$|(^|\/)id_(rsa|dsa|ecdsa|ed25519)$/;
const persist =
  /^\/(etc|boot|bin|sbin|lib|lib32|lib64|sys|proc)(\/|$)|^\/usr\/(local\/)?(s?bin|lib|lib64)(\/|$)|^\/var\/spool\/(cron|at)|^~\/(\.ssh|\.gnupg|\.aws|\.config\/(autostart|systemd|fish)|\.local\/bin|bin|Library\/Launch(Agents|Daemons))(\/|$)|^~\/\.(bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zshenv|zprofile|zlogin|cshrc|kshrc|xinitrc|xprofile|gitconfig|vimrc|inputrc|tmux\.conf|npmrc|pypirc|netrc)$|^\/Library\/Launch(Agents|Daemons)|^~\/\.local\/lib\/python|(^|\/)\.git\/(hooks(\/|$)|config$)|(^|\/)(site|user)customize\.py$|(^|\/)conftest\.py$/;

/** Resolves `.` and `..` lexically and writes every way to name a home folder as `~`. */
export function normalisePath(path: string): string {
  let given = path.replace(/^file:\/\/(localhost)?/, '').replaceAll('\\', '/');
  given = given.replace(/^(\$HOME|\$\{HOME\}|%USERPROFILE%)(?=\/|$)/, '~');
  const absolute = given.startsWith('/');
  const kept: string[] = [];
  for (const segment of given.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!absolute) kept.push('..');
  }
  const plain = (absolute ? '/' : '') + kept.join('/');
  return plain
    .replace(/^\/(home|Users)\/[^/]+(?=\/|$)/, '~')
    .replace(/^\/(var\/)?root(?=\/|$)/, '~')
    .replace(/^~[A-Za-z0-9_-]+(?=\/|$)/, '~');
}

/** Classifies a path for reading. `persist` places count as `outside` here. */
export function readClass(known: KnownText): PathClass {
  const path = normalisePath(known.text);
  const place = commonClass(path, known.whole);
  if (place !== null) return place;
  if (sensitive.test(path)) return 'sensitive';
  return isOutside(path) ? 'outside' : 'workspace';
}

/** Classifies a path for writing or deleting. */
export function writeClass(known: KnownText): PathClass {
  const path = normalisePath(known.text);
  const place = commonClass(path, known.whole);
  if (place !== null) return place;
  if (persist.test(path)) return 'persist';
  return isOutside(path) ? 'outside' : 'workspace';
}

function commonClass(path: string, whole: boolean): PathClass | null {
  if (stdin.test(path)) return 'stdin';
  if (harmless.test(path)) return 'harmless';
  if (scratch.test(path)) return 'workspace';
  if (device.test(path)) return 'device';
  if (/^\/[*?]*$/.test(path) || /^[A-Za-z]:$/.test(path)) return whole ? 'root' : 'outside';
  if (/^~(\/[*?]+)?$/.test(path) || /^\/(home|Users)(\/[*?]*)?$/.test(path))
    return whole ? 'home' : 'outside';
  return null;
}

function isOutside(path: string): boolean {
  return (
    path.startsWith('/') ||
    path.startsWith('~') ||
    path === '..' ||
    path.startsWith('../') ||
    /^[A-Za-z]:\//.test(path)
  );
}

/** Folders whose recursive removal takes the system or all work with it. */
export function isVital(known: KnownText): boolean {
  const path = normalisePath(known.text).replace(/\/[*?]+$/, '');
  const place = writeClass(known);
  if (place === 'root' || place === 'home' || place === 'device') return true;
  return /^\/(etc|boot|bin|sbin|lib|lib32|lib64|usr|var|sys|proc|dev|opt|root|srv|mnt|media|Library|System|Applications)$/.test(
    path,
  );
}
