"""The audit hooks of a Python check: one refuses what would reach into the test process from outside the language, one keeps the nonce."""
import os
import sys

# With these a program reads or writes what no frame of its own holds.
PRIVATE = frozenset(
    ["gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._current_frames", "sys._current_exceptions", "os.exec"]
)
PROGRAM_ONLY = frozenset(
    [
        "sys.settrace",
        "sys.setprofile",
        "sys.monitoring.register_callback",
        "sys.addaudithook",
        "ctypes.dlsym",
        "ctypes.dlsym/handle",
        "ctypes.cdata",
        "ctypes.cdata/buffer",
        "ctypes.string_at",
        "ctypes.wstring_at",
        "ctypes.call_function",
        "ctypes.PyObj_FromPtr",
    ]
)
WATCHED = PRIVATE | PROGRAM_ONLY | {"compile", "code.__new__", "open", "import", "object.__setattr__", "sys._getframe"}
BODY = frozenset(["__code__", "__defaults__", "__kwdefaults__"])
NATIVE = frozenset(
    "exit _exit _Exit quick_exit abort raise kill tgkill syscall dlsym dlopen mprotect memcpy memmove memset longjmp siglongjmp "
    "execv execve execvp execvpe execl execle execlp fexecve posix_spawn fork vfork ptrace write pwrite writev dup2 process_vm_readv "
    "process_vm_writev signal sigaction prctl".split()
)
INTERNAL = frozenset(["_testcapi", "_testinternalcapi", "_testlimitedcapi", "_xxsubinterpreters", "_interpreters"])
WORDS = {
    "os.exec": "replaced the test process with another program",
    "sys.settrace": "set a trace function over the test",
    "sys.setprofile": "set a profile function over the test",
    "open": "opened the memory of the test process or its report",
    "compile": "made code in the name of a check file",
    "code.__new__": "made code in the name of a check file",
    "import": "loaded internals of the interpreter",
    "object.__setattr__": "changed the inside of a function that is not its own",
    "sys._getframe": "reached into the frames of its check",
}


def add_warden(run, report):
    """Refuses the watched events where they come from the program. What it raises leads to no secret."""
    audit, frame_of, pid = sys.audit, sys._getframe, os.getpid
    process, busy = run.process, []
    folder = os.path.dirname(report) + os.sep if report else None

    def warden(event, arguments):
        if event not in WATCHED or pid() != process:
            return
        first = arguments[0] if arguments else None
        if event == "open":
            if type(first) is not str or not (first.endswith("mem") or (folder and first.startswith(folder))):
                return
        elif event in ("compile", "code.__new__"):
            if not isinstance(arguments[1], str) or run.owner(arguments[1]) != "check":
                return
            if frame_of(1).f_code.co_filename.startswith("<frozen importlib"):
                return
        elif event == "import":
            if first not in INTERNAL:
                return
        elif event == "object.__setattr__":
            if arguments[1] not in BODY or type(first) is not FUNCTION or run.is_foreign(first.__code__.co_filename):
                return
            if not run.is_foreign(frame_of(1).f_code.co_filename):
                return
        elif event == "sys._getframe":
            # Only who asks itself: much of the standard library looks at its callers. To look for who asks is to ask, too.
            if first is None or busy:
                return
            busy.append(event)
            asker = frame_of(1).f_code
            busy.clear()
            if not run.is_foreign(asker.co_filename) or run.owner_of(first.f_code) != "check":
                return
        elif event == "ctypes.dlsym":
            name = arguments[1]
            if not isinstance(name, str) or (name not in NATIVE and not name.lstrip("_").startswith("Py")):
                return
        elif event in ("sys.settrace", "sys.setprofile") and frame_of(1).f_code.co_filename.endswith("threading.py"):
            return
        places = [one for one in frames_above(frame_of(1)) if run.owner_of(one[0])]
        inner = run.owner_of(places[0][0]) if places else None
        if inner == "check" or (inner is None and event not in PRIVATE):
            return
        code, line = places[0] if places else (None, None)
        what = WORDS.get(event) or ("used native code (ctypes)" if event.startswith("ctypes") else f"used {event}")
        audit("kintsugi.tamper", f"the program {what}", code.co_filename if code else "", line or 0)
        raise RuntimeError(f"KintsugiTampering: {event} is refused in a test process.")

    sys.addaudithook(warden)


def add_keeper(run, record, given):
    """Keeps the nonce, writes the records that others ask for, and returns the object that must come with the last word. Never raises."""
    token, frame_of = object(), sys._getframe
    state = {"ran": set(), "loaded": set(), "any": False, "done": False, "said": 0, "watched": False, **given}

    def told(what, file, line):
        if state["said"] < 20:
            state["said"] += 1
            record("tampered", what=what, where=run.shown(file, line))

    def missing():
        whole = {one[:-2] for one in state["ran"] if one.endswith(".*")}
        return sorted(one for one in state["expected"] - state["ran"] if one.split(".")[0] not in whole)

    def finish(why, code=0):
        if state["done"]:
            return record("tampered", what="the test process ended twice", where="")
        state["done"] = True
        for name, where in changes(run, state["taken"]):
            record("tampered", what=f"{name} was replaced", where=where)
        for name, where in replaced(run, state["module"]) if state["module"] is not None else ():
            record("tampered", what=f"{name} of the check was replaced", where=where)
        gone = left_out(run, state["files"], state["loaded"])
        if gone and why is None:
            why = f"of its files it did not run {', '.join(gone[:10])}"
        left = missing() if state["any"] and "*" not in state["ran"] else []
        if left and why is None:
            why = f"{len(left)} of its {len(state['expected'])} tests did not run: {', '.join(left[:10])}"
        record("complete") if why is None else record("incomplete", why=why, code=code)

    def keep(event, arguments):
        if event[:9] != "kintsugi." and event != "exec":
            return
        try:
            if event == "exec":
                state["loaded"].add(was_run(run, state["files"], arguments[0]))
                return
            if event == "kintsugi.tamper":
                told(*arguments)
            elif event == "kintsugi.case" and frame_of(1).f_code in state["tell"]:
                record(**arguments[0])
            elif event == "kintsugi.ran" and frame_of(1).f_code in state["tell"]:
                state["any"] = True
                state["ran"].add(arguments[0])
            elif event == "kintsugi.watch" and not state["watched"]:
                # The one class of ours that is made after the program may have been loaded; what comes second is not ours.
                state["watched"] = True
                state["taken"].append(("kintsugi", None, arguments[0], dict(vars(arguments[0]))))
            elif event == "kintsugi.end" and arguments[0] is token:
                why, places, code = arguments[1:]
                finish(why or (None if blamed(run, places, state["last"]) is None else "the program ended it"), code)
            elif event == "kintsugi.leave":
                places = [one for one in frames_above(frame_of(1)) if run.owner_of(one[0])]
                if places and run.owner_of(places[0][0]) == "check":
                    finish(None)
        except BaseException:
            pass

    sys.addaudithook(keep)
    return token
