import { type FileOperation, fileOperations } from '../../code.ts';
import type { CodeRule, Use } from '../../rule.ts';
import { wholeText } from '../../value.ts';

const read = (argument: FileOperation['argument'] = 0, named?: string): FileOperation => ({
  access: 'read',
  argument,
  ...(named === undefined ? {} : { named }),
});
const write = (argument: FileOperation['argument'] = 0, named?: string): FileOperation => ({
  ...read(argument, named),
  access: 'write',
});
const remove = (argument: FileOperation['argument'] = 0): FileOperation => ({ access: 'delete', argument });

const operations: Readonly<Record<string, readonly FileOperation[]>> = {
  'os.listdir': [read(0, 'path')],
  'os.scandir': [read(0, 'path')],
  'os.walk': [read(0, 'top')],
  'os.fwalk': [read()],
  'os.readlink': [read()],
  'os.chdir': [read()],
  'glob.glob': [read(0, 'pathname')],
  'glob.iglob': [read(0, 'pathname')],
  'linecache.getline': [read()],
  'linecache.getlines': [read()],
  'fileinput.input': [read()],
  'io.open_code': [read(0, 'path')],
  'numpy.load': [read()],
  'numpy.loadtxt': [read()],
  'numpy.fromfile': [read()],
  'logging.FileHandler': [write(0, 'filename')],
  'tarfile.open().extractall': [write(0, 'path')],
  'tarfile.open().extract': [write(1, 'path')],
  'zipfile.ZipFile().extractall': [write(0, 'path')],
  'zipfile.ZipFile().extract': [write(1, 'path')],
  'zipfile.ZipFile().write': [read(), write(1, 'arcname')],
  'zipfile.ZipFile().writestr': [write()],
  'os.setxattr': [write()],
  'os.removexattr': [write()],
  'py_compile.compile': [read(), write(1, 'cfile')],
  'pandas.read_csv': [read()],
  'configparser.ConfigParser().read': [read()],
  'sqlite3.connect': [write()],
  'os.remove': [remove()],
  'os.unlink': [remove()],
  'os.rmdir': [remove()],
  'os.removedirs': [remove()],
  'os.rename': [write(0), write(1)],
  'os.renames': [write(0), write(1)],
  'os.replace': [write(0), write(1)],
  'os.mkdir': [write()],
  'os.makedirs': [write(0, 'name')],
  'os.mknod': [write()],
  'os.mkfifo': [write()],
  'os.truncate': [write()],
  'os.chmod': [write()],
  'os.chown': [write()],
  'os.utime': [write()],
  'os.link': [read(0), write(1)],
  'os.symlink': [read(0), write(1)],
  'shutil.copy': [read(0, 'src'), write(1, 'dst')],
  'shutil.copy2': [read(0, 'src'), write(1, 'dst')],
  'shutil.copyfile': [read(0, 'src'), write(1, 'dst')],
  'shutil.copymode': [read(0), write(1)],
  'shutil.copystat': [read(0), write(1)],
  'shutil.copytree': [read(0, 'src'), write(1, 'dst')],
  'shutil.move': [write(0, 'src'), write(1, 'dst')],
  'shutil.chown': [write()],
  'shutil.make_archive': [write(0), read(2, 'root_dir')],
  'shutil.unpack_archive': [read(0), write(1)],
};

const pathReads = new Set('read_text read_bytes iterdir glob rglob readlink walk'.split(' '));
const pathWrites = new Set(
  'write_text write_bytes touch mkdir rename replace chmod symlink_to hardlink_to link_to'.split(' '),
);
const pathRemovals = new Set(['unlink', 'rmdir']);

function isWriting(mode: string | undefined): boolean {
  return mode !== undefined && /[wax+]/.test(mode);
}

function operationsOf(use: Use): readonly FileOperation[] {
  const { path } = use;
  if (
    path === 'open' ||
    path === 'io.FileIO' ||
    /^(gzip|bz2|lzma)\.open$|^tarfile\.open$|^zipfile\.ZipFile$/.test(path)
  ) {
    const mode = wholeText(use.named.get('mode') ?? use.args[1]);
    return [isWriting(mode) ? write(0, 'file') : read(0, 'file')];
  }
  if (path === 'os.open') {
    const writes = use.args[1]?.kind === 'name' && /O_RDONLY$/.test(use.args[1].path) ? [] : [write()];
    return writes.length > 0 ? writes : [read()];
  }
  const method = /^pathlib\.\w*Path\(\)\.(\w+)$/.exec(path)?.[1];
  if (method !== undefined) {
    if (method === 'open')
      return [
        isWriting(wholeText(use.named.get('mode') ?? use.args[0])) ? write('receiver') : read('receiver'),
      ];
    if (pathReads.has(method)) return [read('receiver')];
    if (pathWrites.has(method)) return [write('receiver')];
    return pathRemovals.has(method) ? [remove('receiver')] : [];
  }
  return Object.hasOwn(operations, path) ? (operations[path] ?? []) : [];
}

export const files: CodeRule = {
  name: 'files',
  about: "Reads, writes or deletes files outside the program's folder.",
  languages: ['python'],
  cwe: 'CWE-22',
  bad: [
    "open('/etc/hostname').read()",
    "name = '/etc/shadow'\nwith open(name) as file:\n    print(file.read())",
    "import os\nos.remove('/etc/passwd')",
    "from pathlib import Path\n(Path.home() / '.bashrc').write_text('alias ls=rm')",
    "import shutil as s\ns.copy('notes.txt', '../../elsewhere.txt')",
    "import os\npath = os.path.join('/usr', '../etc/passwd')\nopen(path)",
    "def read(path):\n    return open(path).read()\nread('/var/log/syslog')",
    "import os\nfor name in os.listdir('/root'):\n    print(name)",
    "import pathlib\npathlib.os.remove('/etc/hosts')",
    "p = '/etc/' + name\nopen(p)",
    "open(f'/proc/{pid}/environ')",
    "import os\nlist(map(os.unlink, ['/etc/hosts']))",
    "import site\nopen(site.getusersitepackages() + '/sitecustomize.py', 'w')",
    "import zipfile\nzipfile.ZipFile('a.zip').extractall('/')",
    "import os\nopen(os.path.join(os.path.dirname(os.__file__), 'os.py'), 'a')",
    "open('conftest.py', 'w').write(hook)",
  ],
  good: [
    "open('data.json').read()",
    "with open('out/report.txt', 'w') as file:\n    file.write('/etc/passwd')",
    "import os\nos.makedirs('build', exist_ok=True)\nos.remove('build/x')",
    "from pathlib import Path\nPath(__file__).parent.joinpath('data.txt').read_text()",
    "import tempfile, os\nopen(os.path.join(tempfile.gettempdir(), 'x'), 'w')",
    "open('/dev/null', 'w')",
    "# open('/etc/shadow')\nprint(\"open('/etc/shadow')\")",
    "def open(path):\n    return path\nopen('/etc/shadow')",
    'class Door:\n    def open(self):\n        return 1\nDoor().open()',
  ],
  check: (facts) => fileOperations(facts, operationsOf),
};
