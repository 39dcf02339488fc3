"""Runs a Python check as `python3 FILE`, `-m MODULE`, `-c CODE` or `-` would, or `--tests FRAMEWORK FILE`, and shows that it ran to its end.

The program under test cannot end it early with success, skip its assertions or answer for it; see python_proof.py.
"""
import os
import sys


def _parts():
    """The code of our other files, compiled before where somebody did that for us, and the names of all of them."""
    here = os.path.dirname(os.path.abspath(__file__))
    names = ["python_proof.py", "python_check.py", "python_frameworks.py", "python_hooks.py", "python_files.py", "python_tests.py"]
    if __file__.endswith(".pyc"):
        import marshal

        with open(os.path.join(here, "python_parts.bin"), "rb") as file:
            codes = marshal.loads(file.read())
    else:
        codes = []
        for name in names[: 6 if sys.argv[1:2] == ["--tests"] else 5]:
            path = os.path.join(here, name)
            with open(path, "rb") as file:
                codes.append(compile(file.read(), path, "exec", dont_inherit=True))
    return codes, {_parts.__code__.co_filename, __file__, *(code.co_filename for code in codes)}


def _scope(codes, own):
    scope = {"__name__": "kintsugi"}
    for code in codes:
        exec(code, scope)
    scope["own_files"] |= own
    return scope


def _load():
    """What needs no job: our own code, twice. What the hook that keeps the nonce decides with leads to no frame and no function of the open side."""
    codes, own = _parts()
    return _scope(codes, own), _scope(codes, own)


def _begin(work, open_side, sealed_side):
    """Takes the job from the arguments and the environment, before anything of the program runs. Returns what the last word must come with."""
    run = open_side["Run"]()
    work.update(scope=open_side, run=run, kind=sys.argv[1] if len(sys.argv) > 1 else "-", rest=sys.argv[2:])
    work.update(module=None, last=None, source=None, framework=None, tell=None)
    # The program itself as the main script may end as it likes.
    work["active"] = _is_check(run, work["kind"], work["rest"])
    _read_source(work, run)
    if not work["active"]:
        return None
    sealed = sealed_side["Run"]()
    sealed.main_file = run.main_file
    names = _frameworks(work)
    tree, expected = _parse(work, open_side), set()
    if tree is not None:
        names += open_side["imports_of"](tree)
        work["last"] = open_side["ends_with_call"](tree)
        expected = _expected(open_side, tree, work)
    beside = open_side["load_first"](run, names)
    if work["framework"] == "pytest" and "pytest" not in sys.modules:
        work["framework"] = "script"
    files = sealed_side["read_checks"](sealed)
    helpers = open_side["comparisons"](_tamper, run.is_foreign, lambda name: open_side["names_module"](files, name), os.urandom)
    import builtins

    vars(builtins).update(helpers)
    open_side["watch_unittest"](run)
    open_side["watch_pytest"](run)
    if tree is not None:
        work["source"] = code = compile(open_side["guarded"](tree), run.main_file, "exec", dont_inherit=True)
        run.codes = frozenset(open_side["codes_of"](code))
        sealed.codes = run.codes
        sealed.functions = frozenset(open_side["functions_of"](tree))
    if work["framework"] is not None:
        work["tell"] = open_side["make_teller"]()
    os._exit = _leave_of(open_side, run, work["last"])
    work["module"] = _main_module(work)
    state = {"module": work["module"], "expected": expected, "tell": frozenset(open_side["tellers"]), "last": work["last"]}
    state["taken"] = sealed_side["snapshot"](names)
    loader = open_side["guard_imports"](run)
    state["taken"].append(("importlib.machinery.SourceFileLoader", None, loader, dict(vars(loader))))
    state["files"] = files
    # A process that was started ahead waits for its job here, and nothing of the program is there before.
    record = sealed_side["open_channel"](sealed, lambda: open_side["is_stale"](run, beside))
    report = record and record.report
    open_side["add_warden"](run, report)
    return sealed_side["add_keeper"](sealed, record, state) if record else None


def _read_source(work, run):
    """Finds the source of the main script, and sets arguments and search path as Python would."""
    kind, rest = work["kind"], work["rest"]
    if kind == "-m":
        sys.argv = rest
        sys.path[0] = os.getcwd()
        return
    if kind == "-c":
        work["source"], run.main_file = rest[0], "<string>"
    elif kind == "-":
        work["source"], run.main_file = sys.stdin.buffer.read(), "<stdin>"
    else:
        run.main_file = file = rest[1] if kind == "--tests" else kind
        try:
            with open(file, "rb") as opened:
                work["source"] = opened.read()
        except OSError as error:
            sys.stderr.write(f"python3: can't open file {file!r}: [Errno {error.errno}] {error.strerror}\n")
            os._exit(2)
        folder = os.path.dirname(os.path.abspath(file))
        if kind == "--tests":
            work["framework"] = rest[0]
            sys.argv = [file]
            sys.path[0:1] = [folder] if folder == os.getcwd() else [folder, os.getcwd()]
            return
        sys.argv = [file, *rest]
        sys.path[0] = folder
        return
    sys.argv = ["-c", *rest[1:]] if kind == "-c" else ["-", *rest]
    sys.path[0] = ""


def _frameworks(work):
    if work["framework"] == "pytest" or work["rest"][:1] == ["pytest"] and work["kind"] == "-m":
        if work["framework"] == "pytest":
            os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return ["pytest", "_pytest.assertion.rewrite"]
    return [work["rest"][0]] if work["kind"] == "-m" else []


def _parse(work, scope):
    if work["source"] is None:
        return None
    try:
        return scope["parse"](work["source"], work["run"].main_file)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _main_module(work):
    import types

    file = work["run"].main_file
    if work["framework"] is not None:
        module = types.ModuleType(os.path.splitext(os.path.basename(file))[0])
        if work["framework"] != "pytest":
            sys.modules[module.__name__] = module
    elif work["kind"] == "-m":
        return None
    else:
        module = types.ModuleType("__main__")
        module.__dict__["__builtins__"] = __builtins__
        sys.modules["__main__"] = module
    if work["kind"] not in ("-c", "-"):
        module.__file__ = file
    return module


def _tamper(what, file, line):
    sys.audit("kintsugi.tamper", what, file, line)


def _is_check(run, kind, rest):
    if kind in ("-c", "-", "--tests"):
        return True
    if kind != "-m":
        return run.owner(kind) == "check"
    path = os.path.join(run.folder, *rest[0].split("."))
    found = [one for one in (path + ".py", os.path.join(path, "__main__.py")) if os.path.exists(one)]
    return not found or found[0] in run.checks


def _expected(scope, tree, work):
    """The tests that must run: all that a test file defines, and those of a script that hands itself over to unittest as it is."""
    source = work["source"]
    text = source if isinstance(source, str) else source.decode("utf-8", "replace")
    if "load_tests" in text:
        return set()
    if work["framework"] is not None:
        return scope["tests_of"](tree, work["framework"])
    whole = "unittest.main(" in text and not work["rest"] and "defaultTest" not in text and "argv" not in text
    return scope["tests_of"](tree, "unittest") if whole else set()


def _leave_of(scope, run, last):
    leave, process, pid, audit, frame_of = os._exit, os.getpid(), os.getpid, sys.audit, sys._getframe

    def guarded_leave(status):
        if status == 0 and pid() == process:
            place = scope["blamed"](run, scope["frames_above"](frame_of(1)), last)
            if place is not None:
                _complain(run, place, "os._exit(0)")
                leave(1)
            audit("kintsugi.leave")
        leave(status)

    return guarded_leave


def _complain(run, place, what):
    sys.stdout.flush()
    code, line = place
    shown = run.shown(code.co_filename) or code.co_filename
    sys.stderr.write(
        f'  File "{shown}", line {line}, in {code.co_name}\n'
        f"KintsugiEarlyExit: the program ended the test process early with {what}; a check must run to its end.\n"
    )
    sys.stderr.flush()


def _attempt(work, clear=(sys.settrace, sys.setprofile), show=sys.__excepthook__, first_hook=sys.excepthook):
    """Runs it. Returns why it did not come to its end, what the process is to end with, and where it asked for an end."""
    run, kind, scope = work["run"], work["kind"], work["scope"]
    try:
        if kind == "-m":
            import runpy

            runpy.run_module(work["rest"][0], run_name="__main__", alter_sys=True)
        elif work["framework"] is not None:
            scope["run_tests"](work, work["tell"])
        else:
            import types

            module, source = work["module"] or _main_module(work), work["source"]
            if not isinstance(source, types.CodeType):
                source = compile(source, run.main_file, "exec", dont_inherit=True)
            exec(source, module.__dict__)
        return None, None, ()
    except SystemExit as error:
        places = scope["frames_below"](error.__traceback__)
        place = scope["blamed"](run, places, work["last"]) if work["active"] and not error.code else None
        if place is not None:
            _complain(run, place, "SystemExit(0)")
            return "the program ended it with SystemExit(0)", 1, places
        return (None if not error.code else f"it ended with SystemExit({error.code!r})"), error.code, places
    except BaseException as error:
        hook = sys.excepthook
        honest = hook is first_hook or run.owner((scope["origin"](hook) or ("",))[0]) != "program"
        (hook if honest or not work["active"] else show)(type(error), scope["without_us"](error), error.__traceback__)
        return f"it ended with {type(error).__name__}", 130 if isinstance(error, KeyboardInterrupt) else 1, ()
    finally:
        for one in clear:
            one(None)


def _end(token, outcome, audit=sys.audit):
    why, status, places = outcome
    if token is not None:
        audit("kintsugi.end", token, why, places, 1 if status else 0)
    sys.exit(status)


_work = {}
# No name holds the token while the program runs: it waits on the stack of this expression.
_end(_begin(_work, *_load()), _attempt(_work))
