import { environmentMatch, matchesName, nameSet, usesNeed } from '../../code.ts';
import { type CodeRule, needs } from '../../rule.ts';
import { wholeText } from '../../value.ts';

export const environment: CodeRule = {
  name: 'environment',
  about: 'Reads environment variables that look like secrets.',
  languages: ['python'],
  cwe: 'CWE-526',
  bad: [
    "import os\nos.environ['OPENAI_API_KEY']",
    "import os\nos.getenv('AWS_SECRET_ACCESS_KEY')",
    "from os import environ as e\ne.get('DB_PASSWORD')",
  ],
  good: [
    "import os\nos.environ.get('LANG')",
    "import os\nos.environ['HOME']",
    'key = {"API_KEY": 1}\nprint(key["API_KEY"])',
  ],
  *check(facts) {
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      const variable = /^os\.environb?\.(\w+)$/.exec(use.path)?.[1];
      if (/^os\.(getenvb?|environ\.(get|pop|setdefault|__getitem__))$/.test(use.path))
        yield environmentMatch(wholeText(use.args[0]) ?? null, use.at);
      else if (
        variable !== undefined &&
        !/^(get|items|keys|values|copy|update|pop|setdefault)$/.test(variable)
      )
        yield environmentMatch(variable, use.at);
      else if (/^os\.environ\b/.test(use.path)) yield environmentMatch(null, use.at);
    }
  },
};

export const input: CodeRule = {
  name: 'input',
  about: 'Waits for input, which there is none of.',
  languages: ['python'],
  bad: [
    "name = input('Name: ')",
    'import sys\nfor line in sys.stdin:\n    print(line)',
    'import sys\nsys.stdin.readline()',
    'open(0).read()',
    'import getpass\ngetpass.getpass()',
  ],
  good: ["print('input()')  # input()", 'def input(x):\n    return x\ninput(1)'],
  *check(facts) {
    for (const use of facts.uses) {
      if (use.form === 'import') continue;
      const descriptor = use.path === 'open' && use.args[0]?.kind === 'number' && use.args[0].number === 0;
      if (
        descriptor ||
        /^(input|raw_input|sys\.__?stdin(__)?(\..*)?|sys\.stdin(\..*)?|getpass\.getpass|fileinput\.input)$/.test(
          use.path,
        )
      )
        yield needs(
          'stdin',
          use.at,
          `${use.path} waits for input, and there is none: a program runs with an empty standard input. Take values from arguments, files or constants.`,
        );
    }
  },
};

export const native: CodeRule = {
  name: 'native',
  about: 'Calls native code.',
  languages: ['python'],
  cwe: 'CWE-111',
  bad: [
    "import ctypes\nctypes.CDLL('libc.so.6')",
    "from ctypes import cdll\ncdll.LoadLibrary('x.so')",
    'import cffi\ncffi.FFI()',
  ],
  good: ['import ctypes\nctypes.c_int(3)', "print('ctypes.CDLL')"],
  check: (facts) =>
    usesNeed(
      facts,
      nameSet(
        'ctypes.CDLL ctypes.cdll ctypes.cdll. ctypes.PyDLL ctypes.pythonapi ctypes.pythonapi. ctypes.WinDLL ctypes.windll. ctypes.util.find_library ctypes.string_at ctypes.memmove ctypes.memset ctypes.cast sqlite3.connect().load_extension sqlite3.connect().enable_load_extension tkinter.Tcl ctypes.CFUNCTYPE cffi. cffi.FFI _ctypes.',
      ),
      'native.ffi',
      (use) => `${use.path} calls native code, which no rule can read. Use the standard library.`,
    ),
};

export const deserialisation: CodeRule = {
  name: 'deserialisation',
  about: 'Reads data in a form that can hide code.',
  languages: ['python'],
  cwe: 'CWE-502',
  bad: [
    'import pickle\npickle.loads(data)',
    'import yaml\nyaml.load(text)',
    'import yaml\nyaml.load(text, Loader=yaml.Loader)',
    'import marshal\nmarshal.loads(data)',
    'from pickle import load as read\nread(file)',
    'import dill\ndill.loads(x)',
  ],
  good: [
    "import json\njson.loads('{}')",
    'import yaml\nyaml.safe_load(text)',
    'import yaml\nyaml.load(text, Loader=yaml.SafeLoader)',
    'import pickle\npickle.dumps(1)',
  ],
  *check(facts) {
    const loaders =
      /^((pickle|dill|cloudpickle|_pickle|joblib|torch|pandas)\.(loads?|Unpickler(\(\)\.load)?|read_pickle)|marshal\.loads?|shelve\.open|jsonpickle\.decode|yaml\.(unsafe_load|full_load|load|load_all|unsafe_load_all))$/;
    for (const use of facts.uses) {
      if (use.form === 'import' || !loaders.test(use.path)) continue;
      const loader = use.named.get('Loader') ?? use.args[1];
      if (use.path.startsWith('yaml.') && loader?.kind === 'name' && /Safe|BaseLoader/.test(loader.path))
        continue;
      if (use.path === 'torch.load' && use.named.has('weights_only')) continue;
      yield needs(
        'deserialise',
        use.at,
        `${use.path} can run code that is hidden in the data. Use JSON${use.path.startsWith('yaml') ? ', or yaml.safe_load' : ''}.`,
      );
    }
  },
};

export const privilege: CodeRule = {
  name: 'privileges',
  about: 'Changes whose rights the program has.',
  languages: ['python'],
  cwe: 'CWE-250',
  bad: ['import os\nos.setuid(0)', 'import os\nos.chroot(place)', "import os\nos.system('sudo reboot')"],
  good: ['import os\nos.getuid()', "print('sudo')"],
  *check(facts, context) {
    yield* usesNeed(
      facts,
      nameSet(
        'os.setuid os.seteuid os.setgid os.setegid os.setreuid os.setresuid os.setgroups os.initgroups os.chroot os.unshare os.setns',
      ),
      'privilege',
      (use) =>
        `${use.path} changes whose rights the program has. Programs run with the rights they were given.`,
    );
    for (const use of facts.uses)
      if (use.path === 'os.system' && use.form === 'call')
        yield* context.scanText('shell', wholeText(use.args[0]) ?? '', use.at);
  },
};

const inspectors = nameSet(`
  psutil. resource.prlimit pwd. spwd. grp. PIL.ImageGrab. mss. pyscreenshot. pyperclip. pyautogui. pynput. keyboard. mouse. sounddevice. cv2.VideoCapture
  curses.window winreg. tkinter.Tk().clipboard_get
`);

export const hostInspection: CodeRule = {
  name: 'host-inspection',
  about: 'Looks at the machine: processes, accounts, traffic, screen, keys, clipboard.',
  languages: ['python'],
  cwe: 'CWE-497',
  bad: [
    'import psutil\npsutil.net_io_counters()',
    'from psutil import process_iter as list_all\nlist_all()',
    'from PIL import ImageGrab\nImageGrab.grab()',
    'import pyperclip\nprint(pyperclip.paste())',
    'from pynput import keyboard\nkeyboard.Listener(on_press=print).start()',
  ],
  good: [
    'import platform\nplatform.system()',
    'import inspect\ninspect.getsource(f)',
    "from PIL import Image\nImage.open('a.png')",
    'import psutil\ntry:\n    pass\nexcept psutil.NoSuchProcess:\n    pass',
  ],
  *check(facts) {
    for (const use of facts.uses)
      if (use.form === 'call' && matchesName(use.path, inspectors))
        yield needs(
          'introspection',
          use.at,
          `${use.path} looks at the machine: its processes, accounts, traffic, screen, keys or clipboard, which are not the program's.`,
        );
  },
};
