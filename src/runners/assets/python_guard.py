"""Runs a Python check as `python3 FILE`, `-m MODULE` or `-c CODE` would, and does not let the program under test end it early with success.

KINTSUGI_CHECKS holds the folder of the run and then the paths of its check files, one a line.
"""
import os
import sys


def _guard():
    folder, *checks = os.environ.get("KINTSUGI_CHECKS", "").split("\n")
    checks = set(checks)
    own = os.path.abspath(__file__)
    process = os.getpid()
    leave = os._exit

    def owner(filename):
        """'check', 'program' or None for what is neither."""
        path = os.path.realpath(os.path.join(folder, filename))
        if filename == "<string>" or path in checks:
            return "check"
        return "program" if folder and path.startswith(folder + os.sep) else None

    def last_statement(filename):
        import ast

        try:
            with open(filename, encoding="utf-8") as file:
                last = ast.parse(file.read()).body[-1]
            # An assertion that was not decided is no honest end.
            return None if isinstance(last, ast.Assert) else last.lineno
        except (OSError, SyntaxError, ValueError, IndexError):
            return None

    def verdict(places):
        """Innermost place last. The place to blame, or None when the check itself asked for the end or was at its own last statement."""
        inner = next((one for one in reversed(places) if owner(one[0])), None)
        if inner is None or owner(inner[0]) == "check":
            return None
        top = next((one for one in places if owner(one[0]) == "check" and one[2] == "<module>"), None)
        if top is not None and top[0] != "<string>":
            last = last_statement(top[0])
            if last is not None and top[1] >= last:
                return None
        return inner

    def complain(place, what):
        sys.stdout.flush()
        shown = os.path.relpath(os.path.realpath(os.path.join(folder, place[0])), folder)
        sys.stderr.write(
            f'  File "{shown}", line {place[1]}, in {place[2]}\n'
            f"KintsugiEarlyExit: the program ended the test process early with {what}; a check must run to its end.\n"
        )
        sys.stderr.flush()

    def guarded_leave(status):
        if status == 0 and os.getpid() == process:
            places, frame = [], sys._getframe(1)
            while frame is not None:
                places.insert(0, (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
                frame = frame.f_back
            place = verdict([one for one in places if one[0] != own])
            if place is not None:
                complain(place, "os._exit(0)")
                leave(1)
        leave(status)

    def places_of(trace):
        places = []
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename != own and "runpy" not in code.co_filename:
                places.append((code.co_filename, trace.tb_lineno, code.co_name))
            trace = trace.tb_next
        return places

    def without_us(error):
        trace = error.__traceback__
        while trace is not None and (
            trace.tb_frame.f_code.co_filename == own or "runpy" in trace.tb_frame.f_code.co_filename
        ):
            trace = trace.tb_next
        return error.with_traceback(trace)

    def run():
        import types

        kind, rest = sys.argv[1], sys.argv[2:]
        if kind == "-m":
            import runpy

            sys.argv = rest
            sys.path[0] = os.getcwd()
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
            return
        main = types.ModuleType("__main__")
        main.__dict__["__builtins__"] = __builtins__
        sys.modules["__main__"] = main
        if kind == "-c":
            sys.argv = ["-c", *rest[1:]]
            sys.path[0] = ""
            exec(compile(rest[0], "<string>", "exec"), main.__dict__)
            return
        sys.argv = sys.argv[1:]
        sys.path[0] = os.path.dirname(os.path.abspath(kind))
        main.__file__ = kind
        try:
            with open(kind, "rb") as file:
                source = file.read()
        except OSError as error:
            sys.stderr.write(f"python3: can't open file {kind!r}: [Errno {error.errno}] {error.strerror}\n")
            sys.exit(2)
        exec(compile(source, kind, "exec"), main.__dict__)

    first = sys.argv[1] if len(sys.argv) > 1 else ""
    # The program itself as the main script may end as it likes.
    active = first in ("-m", "-c") or owner(first) != "program"
    if active:
        os._exit = guarded_leave
    try:
        run()
    except SystemExit as error:
        place = verdict(places_of(error.__traceback__)) if active and not error.code else None
        if place is None:
            raise
        complain(place, "SystemExit(0)")
        sys.exit(1)
    except BaseException as error:
        sys.excepthook(type(error), without_us(error), error.__traceback__)
        if isinstance(error, KeyboardInterrupt):
            sys.exit(130)
        sys.exit(1)


_guard()
