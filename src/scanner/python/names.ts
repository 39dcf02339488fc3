/** Built-in functions whose use a rule may care about; all others are plain computation. */
export const builtins: ReadonlySet<string> = new Set(
  'eval exec compile open input print getattr setattr delattr globals locals vars __import__ __builtins__ breakpoint str bytes bytearray chr map filter help exit quit memoryview __file__ __loader__ __spec__ copyright credits license'.split(
    ' ',
  ),
);

const traversed = new Set(
  'os sys subprocess shutil socket builtins importlib io ctypes pickle posix pty'.split(' '),
);

/** Writes one thing reached in several ways in one way: `builtins.eval`, `pathlib.os.system`, `posix.system`. */
export function canonicalPath(path: string): string {
  let segments = path.split('.');
  const last = segments.findLastIndex(
    (segment, index) =>
      // `socket.socket` is the class.
      index > 0 &&
      traversed.has(bare(segment)) &&
      !(segment === 'socket' && segments[index - 1] === 'socket'),
  );
  if (last > 0 && segments.slice(0, last).every((segment) => !segment.endsWith('()')))
    segments = [bare(segments[last] ?? ''), ...segments.slice(last + 1)];
  if (segments.length > 1 && /^(builtins|__builtins__|__builtin__)$/.test(segments[0] ?? ''))
    segments = segments.slice(1);
  if (segments[0] === '__dict__') segments = segments.length === 1 ? ['__builtins__'] : segments.slice(1);
  let joined = segments.filter((segment) => segment !== '__dict__' && segment !== '__call__').join('.');
  joined = joined
    .replace(/^(posix|nt)\./, 'os.')
    .replace(/^(posixpath|ntpath)\./, 'os.path.')
    .replace(/^io\.open(?=\(|$)/, 'open')
    .replace(/^codecs\.open(?=\(|$)/, 'open');
  return joined.replace(/^_(pickle|socket|io|thread)\b/, '$1').replace(/^cPickle\b/, 'pickle');
}

/** The name a module is imported by where other modules hide it: `random._os` is `os`. */
function bare(segment: string): string {
  return segment.replace(/^_+(?=[a-z])/, '');
}

/** Attributes that lead from any object to the interpreter's insides. */
export const innerAttribute =
  /^(__(self|spec|subclasses|globals|builtins|code|closure|mro|bases|base|getattribute|reduce|reduce_ex|loader|import)__|(tb|gi|cr|ag)_frame|f_(globals|builtins|locals|back)|func_globals|co_code)$/;

/** Modules with which a program can do anything: whoever has one has all of its functions. */
export const powerfulModules: ReadonlySet<string> = new Set(
  'os sys subprocess shutil socket builtins __builtins__ importlib ctypes pty posix'.split(' '),
);

/** A value that leads to every module there is is as powerful as the modules. */
export function isPowerful(path: string): boolean {
  return powerfulModules.has(path) || path === 'sys.modules';
}

/** Parts of `os` that are harmless, or that a rule of their own is about; any other part asks. */
export const readOs: ReadonlySet<string> = new Set(
  `DirEntry PathLike access altsep chdir chmod chown close closerange confstr cpu_count ctermid curdir defpath devnull dup dup2 environ environb
  error extsep fdatasync fdopen fsdecode fsencode fspath fstat fstatvfs fsync ftruncate fwalk get_blocking get_exec_path get_inheritable
  get_terminal_size getcwd getcwdb getegid getenv getenvb geteuid getgid getgrouplist getgroups getloadavg getlogin getpgid getpgrp getpid getppid
  getpriority getrandom getresgid getresuid getsid getuid getxattr isatty linesep link listdir listxattr lockf lseek lstat major makedev makedirs minor
  mkdir mkfifo mknod name open pardir path pathconf pathsep pipe pipe2 pread preadv putenv pwrite pwritev read readlink readv remove removedirs rename
  renames replace rmdir scandir sched_getaffinity sched_yield sep set_blocking set_inheritable stat stat_result statvfs strerror supports_dir_fd
  supports_effective_ids supports_fd supports_follow_symlinks symlink sync sysconf times truncate ttyname umask uname unlink unsetenv urandom utime wait
  wait3 wait4 waitid waitpid waitstatus_to_exitcode walk write writev fork forkpty system popen kill killpg startfile abort nice getcwdu
  posix_spawn posix_spawnp execl execle execlp execlpe execv execve execvp execvpe spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe
  setuid seteuid setgid setegid setreuid setregid setresuid setresgid setgroups initgroups chroot unshare setns _exit`.split(
    /\s+/,
  ),
);

/** Private modules that compute and do no more, most of them fast forms of public ones. */
const openPrivate = new Set(
  `__future__ __main__ __builtin__ _thread _abc _ast _asyncio _bisect _blake2 _bz2 _codecs _collections _collections_abc _compat_pickle _compression
  _contextvars _csv _datetime _decimal _elementtree _functools _hashlib _heapq _io _json _locale _lzma _markupbase _md5 _opcode _operator _pickle
  _py_abc _pydatetime _pydecimal _queue _random _sha1 _sha2 _sha256 _sha3 _sha512 _socket _sre _stat _statistics _string _strptime _struct _symtable
  _tokenize _tracemalloc _typeshed _typing _warnings _weakref _weakrefset _zoneinfo`.split(/\s+/),
);

/** Whether a module is an inner part of the interpreter, where no rule looks. */
export function isInnerModule(top: string): boolean {
  return top.startsWith('_') && !openPrivate.has(top);
}

/** The standard library: its top-level modules. */
export const standardModules: ReadonlySet<string> = new Set(
  '__future__ __main__ _thread abc aifc antigravity argparse array ast asyncio atexit audioop base64 bdb binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib imghdr importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder multiprocessing netrc nntplib nt ntpath numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo typing_extensions'.split(
    ' ',
  ),
);
