"""Shows that a Python check ran to its end, and that nothing of what it relies on was changed by the program.

KINTSUGI_CHECKS: the folder of the run, then its check files, one a line. KINTSUGI_PROOF: `stdin` (a nonce of 64 characters and a line feed
come on standard input, which is closed before anything of the program runs) or `shared` (each process makes its own and commits to it in its
first record). KINTSUGI_REPORT: the file for the records, one a line: the nonce, a space, a JSON object.

No frame that the program can walk to holds the nonce: it lives in an audit hook, which is asked with `sys.audit`.
"""
import os
import sys

NONCE = 64
HIGH_DESCRIPTOR = 200
own_files = set()
join, normal = os.path.join, os.path.normpath
FUNCTION = type(lambda: None)
MISSING = object()
# What tests rely on; `hook` names may be set by anybody, and these modules are made to be changed.
LOOSE = frozenset("warnings logging threading signal atexit io sys os asyncio".split())
SPOKEN = frozenset("print input open help exit quit".split())
JUDGES = ("unittest", "_pytest", "doctest", "importlib", "kintsugi")
UNITTEST = ("case", "result", "suite", "loader", "runner", "main")
PYTEST = ("runner", "python", "reports", "main", "outcomes", "python_api", "raises", "assertion.rewrite", "unittest", "skipping")


class Run:
    """What of a run is no secret."""

    def __init__(self):
        self.folder, *checks = os.environ.get("KINTSUGI_CHECKS", "").split("\n")
        self.checks = frozenset(checks)
        self.process = os.getpid()
        self.here = os.getcwd()
        self.owners = {}
        self.main_file = None
        self.codes = frozenset()
        self.functions = frozenset()

    def path(self, filename):
        return normal(join(self.here, filename))

    def owner(self, filename):
        """'check', 'program' or None for what is neither; code made from a string is neither."""
        if filename not in self.owners:
            path = self.path(filename)
            inside = self.folder != "" and path.startswith(self.folder + "/")
            of_program = "program" if inside and not filename.startswith("<") else None
            self.owners[filename] = "check" if path in self.checks else of_program
        return self.owners[filename]

    def owner_of(self, code):
        """As `owner`; code that only says that it is of the main check file is of the program."""
        if code in self.codes:
            return "check"
        owner = self.owner(code.co_filename)
        return "program" if owner == "check" and code.co_filename == self.main_file else owner

    def shown(self, filename, line=None):
        path = self.path(filename) if filename else ""
        name = path[len(self.folder) + 1 :] if path.startswith(self.folder + "/") else ""
        return f"{name}:{line}" if name and line else name

    def is_foreign(self, filename):
        return filename.startswith("<") or self.owner(filename) == "program"


def frames_above(frame):
    places = []
    while frame is not None:
        if frame.f_code.co_filename not in own_files:
            places.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return places


def frames_below(trace):
    """The places of a traceback, innermost first, as `frames_above`."""
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename not in own_files and "runpy" not in code.co_filename:
            places.insert(0, (code, trace.tb_lineno))
        trace = trace.tb_next
    return places


def without_us(error):
    """The error with a traceback that has none of our frames."""
    kept = []
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name not in own_files and "runpy" not in name:
            kept.append(trace)
        trace = trace.tb_next
    for one, following in zip(kept, [*kept[1:], None]):
        one.tb_next = following
    return error.with_traceback(kept[0] if kept else None)


def blamed(run, places, last_line):
    """The place of the program that ended the process; None when the check asked for it, or had nothing left to do but the call that did."""
    owned = [one for one in places if run.owner_of(one[0])]
    if not owned or run.owner_of(owned[0][0]) == "check":
        return None
    outer = [one for one in owned if run.owner_of(one[0]) == "check"]
    if len(outer) == 1 and outer[0][0].co_name == "<module>" and outer[0][1] == last_line:
        return None
    return owned[0]


def quote(value):
    """A string, number, truth value or None as JSON; of modules it needs none."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return '"' + "".join(one if " " <= one <= "~" and one not in '"\\' else escaped(ord(one)) for one in str(value)) + '"'


def escaped(code):
    if code > 0xFFFF:
        return escaped(0xD800 + ((code - 0x10000) >> 10)) + escaped(0xDC00 + ((code - 0x10000) & 0x3FF))
    return "\\u%04x" % code


def begin_anew(nonce):
    """Becomes the same process from its start, with its nonce to be read again."""
    source, target = os.pipe()
    os.write(target, nonce)
    os.dup2(source, 0)
    words = getattr(sys, "orig_argv", None)
    if words is None:
        with open("/proc/self/cmdline", "rb") as file:
            words = file.read().split(b"\0")[:-1]
    os.execv(words[0], words)


def open_channel(run, is_stale=lambda: False):
    """
    A function that writes one record, or None where nobody waits for a report. Ends the process when the nonce is not there. `is_stale` is
    asked once it came: where what was loaded before does not fit the program, all begins anew.
    """
    kind = os.environ.get("KINTSUGI_PROOF")
    report = os.environ.get("KINTSUGI_REPORT")
    if kind is None or report is None:
        return None
    write, pid, process = os.write, os.getpid, run.process
    commit = None
    if kind == "stdin":
        nonce = b""
        while len(nonce) < NONCE + 1:
            part = os.read(0, NONCE + 1 - len(nonce))
            if not part:
                sys.stderr.write("KintsugiProof: the test process was not given what it must prove itself with.\n")
                os._exit(1)
            nonce += part
        if is_stale():
            begin_anew(nonce)
        del os.environ["KINTSUGI_PROOF"], os.environ["KINTSUGI_REPORT"]
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
    else:
        try:
            from _sha2 import sha256
        except ImportError:
            try:
                from _sha256 import sha256
            except ImportError:
                from hashlib import sha256
        nonce = os.urandom(NONCE // 2).hex().encode()
        commit = sha256(nonce).hexdigest()
    nonce = nonce[:NONCE]
    descriptor = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        low, descriptor = descriptor, os.dup2(descriptor, HIGH_DESCRIPTOR, False)
        os.close(low)
    except OSError:
        pass

    def record(kind, **fields):
        if pid() == process:
            text = ", ".join(f"{quote(name)}: {quote(value)}" for name, value in fields.items() if value is not None)
            line = "{" + quote("kind") + ": " + quote(kind) + (", " + text if text else "") + "}\n"
            write(descriptor, nonce + b" " + line.encode())

    name = run.main_file or ""
    if commit is not None:
        # Without the nonce, which it is the promise of.
        write(descriptor, f'- {{"kind": "begin", "commit": "{commit}", "main": {quote(run.shown(name))}}}\n'.encode())
    record.report = report
    return record


def snapshot(names):
    """Names, modules and what is in them, for all that is loaded of `names` and of the test frameworks."""
    frameworks = ["doctest"] + [f"unittest.{one}" for one in UNITTEST] + [f"_pytest.{one}" for one in PYTEST]
    wanted = [one for one in dict.fromkeys(names) if one.split(".")[0] not in LOOSE] + frameworks
    taken = []
    for name in wanted:
        module = sys.modules.get(name)
        if module is None:
            continue
        taken.append((name, module, module, dict(module.__dict__)))
        if name in frameworks:
            for value in list(module.__dict__.values()):
                if isinstance(value, type) and value.__module__ == name:
                    taken.append((f"{name}.{value.__name__}", None, value, dict(value.__dict__)))
    import builtins

    taken.append(("builtins", builtins, builtins, dict(vars(builtins))))
    few = {name: getattr(sys, name) for name in ("exit", "modules", "audit")}
    taken.append(("sys", sys, sys, few))
    taken.append(("os", os, os, {name: getattr(os, name) for name in ("_exit", "abort", "fork", "getpid")}))
    return taken


def changes(run, taken):
    """What the program changed of a snapshot: pairs of a name and the place of what stands there now."""
    found = []
    for name, module, holder, before in taken:
        if module is not None and sys.modules.get(name) is not module:
            found.append((f"sys.modules[{name!r}]", ""))
        now = holder.__dict__
        exact = name.split(".")[0] in ("builtins", "sys", "os", *JUDGES)
        for key, value in before.items():
            current = now.get(key, MISSING)
            if current is value or not is_behaviour(value):
                continue
            if (name == "builtins" and key in SPOKEN) or "hook" in key or (key[:1] == "_" and not exact):
                continue
            where = origin(current)
            if where is None or run.owner(where[0]) != "check":
                found.append((f"{name}.{key}", run.shown(*where) if where else ""))
        if name.split(".")[0] not in JUDGES:
            continue
        # What is new goes before what is inherited, or before a built-in name.
        for key in [one for one in now if one not in before and is_behaviour(now[one])]:
            where = origin(now[key])
            if where is None or run.owner(where[0]) == "program":
                found.append((f"{name}.{key}", run.shown(*where) if where else ""))
    return found


def is_behaviour(value):
    return callable(getattr(value, "__func__", value)) or hasattr(type(value), "__get__")


def origin(value):
    """File and line of a function or class, as far as it tells; else None."""
    value = getattr(value, "__func__", getattr(value, "fget", value))
    if type(value) is FUNCTION:
        return value.__code__.co_filename, value.__code__.co_firstlineno
    kind = value if isinstance(value, type) else type(value)
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return (file, None) if isinstance(file, str) else None


def replaced(run, module):
    """Functions and methods of the check's own module that the program put others in the place of."""
    found = []
    for name in run.functions:
        value = module
        for part in name.split("."):
            value = value.__dict__.get(part, MISSING) if hasattr(value, "__dict__") else MISSING
        value = getattr(value, "__func__", value)
        if type(value) is FUNCTION and run.owner_of(value.__code__) == "program":
            found.append((name, run.shown(value.__code__.co_filename, value.__code__.co_firstlineno)))
    return found
