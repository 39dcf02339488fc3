"""Runs one Python test file and writes what happened as JSON lines.

Arguments: report file, framework (unittest or pytest), test file. `pytest` falls back to calling the test functions where pytest is missing.
The last record is `end`; without it the process was ended from inside.
"""
import importlib.util
import json
import os
import sys
import time
import traceback

_own = os.path.abspath(__file__)
_report_path, _framework, _file = sys.argv[1:4]
_report = os.open(_report_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
_pid = os.getpid()
_write = os.write
_dumps = json.dumps
_clock = time.perf_counter


def _record(**fields):
    if os.getpid() == _pid:
        _write(_report, (_dumps(fields) + "\n").encode("utf-8", "replace"))


def _trace(error):
    """The traceback as Python prints it, without our own frames and those of the import system."""
    trace = error.__traceback__
    while trace is not None and (
        trace.tb_frame.f_code.co_filename == _own or "importlib" in trace.tb_frame.f_code.co_filename
    ):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


def _load():
    folder = os.path.dirname(os.path.abspath(_file))
    sys.path[0:1] = [folder] if folder == os.getcwd() else [folder, os.getcwd()]
    name = os.path.splitext(os.path.basename(_file))[0]
    spec = importlib.util.spec_from_file_location(name, _file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.argv = [_file]
    spec.loader.exec_module(module)
    return module


def _load_or_tell():
    try:
        return _load()
    except SystemExit as error:
        why = f"KintsugiEarlyExit: the test process was ended during import with SystemExit({error.code!r})."
        _record(kind="case", name=_file, status="failed", message=_trace(error) + why)
    except BaseException as error:
        _record(kind="case", name=_file, status="failed", message=_trace(error))
    return None


def _run_unittest():
    import unittest

    class Result(unittest.TestResult):
        started = 0.0

        def tell(self, test, status, message=None, name=None):
            shown = name or test.id()
            module = os.path.splitext(os.path.basename(_file))[0] + "."
            if shown.startswith(module):
                shown = shown[len(module) :]
            ms = (_clock() - self.started) * 1000 if self.started else 0
            _record(kind="case", name=shown, status=status, message=message, ms=ms)

        def startTest(self, test):
            super().startTest(test)
            self.started = _clock()
            self.subtests_failed = False

        def addSuccess(self, test):
            if not self.subtests_failed:
                self.tell(test, "passed")

        def addFailure(self, test, err):
            super().addFailure(test, err)
            self.tell(test, "failed", self.failures[-1][1])

        def addError(self, test, err):
            super().addError(test, err)
            self.tell(test, "failed", self.errors[-1][1])

        def addSkip(self, test, reason):
            super().addSkip(test, reason)
            self.tell(test, "skipped", str(reason))

        def addExpectedFailure(self, test, err):
            self.tell(test, "passed")

        def addUnexpectedSuccess(self, test):
            super().addUnexpectedSuccess(test)
            self.tell(test, "failed", "The test is marked as an expected failure, and passed.")

        def addSubTest(self, test, subtest, err):
            if err is not None:
                self.subtests_failed = True
                self.tell(test, "failed", self._exc_info_to_string(err, test), subtest.id())

    module = _load_or_tell()
    if module is not None:
        unittest.defaultTestLoader.loadTestsFromModule(module).run(Result())


def _run_pytest(pytest):
    class Plugin:
        @pytest.hookimpl
        def pytest_runtest_logreport(self, report):
            if report.when != "call" and report.passed:
                return
            name = report.nodeid.split("::", 1)[-1].replace("::", ".")
            status = "failed" if report.failed else "skipped" if report.skipped else "passed"
            if hasattr(report, "wasxfail"):
                status = "passed" if report.skipped else "failed"
            message = None
            if status == "skipped" and isinstance(report.longrepr, tuple):
                message = str(report.longrepr[2])
            elif status != "passed":
                message = report.longreprtext
            _record(kind="case", name=name, status=status, message=message, ms=report.duration * 1000)

        @pytest.hookimpl
        def pytest_collectreport(self, report):
            if report.failed:
                _record(kind="case", name=_file, status="failed", message=report.longreprtext)

    settings = os.path.join(os.path.dirname(_report_path), "pytest.ini")
    with open(settings, "w", encoding="utf-8") as file:
        file.write("[pytest]\n")
    folder = os.path.dirname(os.path.abspath(_file))
    sys.path[0:1] = [folder] if folder == os.getcwd() else [folder, os.getcwd()]
    arguments = ["-q", "--no-header", "--tb=short", "--color=no", "-p", "no:cacheprovider"]
    arguments += ["-c", settings, "--rootdir", os.getcwd()]
    if "conftest.py" not in os.environ.get("KINTSUGI_CHECKS", ""):
        arguments.append("--noconftest")
    pytest.main([*arguments, _file], plugins=[Plugin()])


def _run_functions():
    import asyncio
    import inspect

    module = _load_or_tell()
    if module is None:
        return

    def call(name, function):
        wanted = [
            one.name
            for one in inspect.signature(function).parameters.values()
            if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        ]
        if wanted:
            message = f"The test asks for fixtures ({', '.join(wanted)}), which need pytest; it is not installed."
            return _record(kind="case", name=name, status="failed", message=message)
        started = _clock()
        status, message = "passed", None
        try:
            outcome = function()
            if inspect.iscoroutine(outcome):
                asyncio.run(outcome)
        except SystemExit as error:
            status, message = "failed", _trace(error) + f"The test was ended with SystemExit({error.code!r})."
        except BaseException as error:
            status, message = "failed", _trace(error)
        _record(kind="case", name=name, status=status, message=message, ms=(_clock() - started) * 1000)

    for name, value in list(vars(module).items()):
        if name.startswith("test") and inspect.isfunction(value):
            call(name, value)
        elif name.startswith("Test") and inspect.isclass(value):
            for method in [one for one in dir(value) if one.startswith("test")]:
                instance = value()
                setup = getattr(instance, "setup_method", None)

                def both(setup=setup, test=getattr(instance, method)):
                    if setup is not None:
                        setup()
                    return test()

                call(f"{name}.{method}", both)


def _main():
    framework = _framework
    pytest = None
    if framework == "pytest":
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        here = sys.path.pop(0)
        try:
            import pytest
        except ImportError:
            framework = "script"
        sys.path.insert(0, here)
    _record(kind="start", framework=framework)
    try:
        if framework == "unittest":
            _run_unittest()
        elif pytest is not None:
            _run_pytest(pytest)
        else:
            _run_functions()
    except SystemExit as error:
        message = f"The test process was ended with SystemExit({error.code!r}).\n{_trace(error)}"
        _record(kind="case", name=_file, status="failed", message=message)
    _record(kind="end")


_main()
