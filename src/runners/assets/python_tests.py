"""Runs one Python test file under unittest or pytest and tells what each test did; test functions are called one by one where pytest is missing."""
import os
import sys


def make_teller():
    audit = sys.audit

    def tell(**fields):
        audit("kintsugi.case", fields)

    tellers.add(tell.__code__)
    return tell


def trace_of(error):
    """The traceback as Python prints it, without our own frames and those of the import system."""
    import traceback

    error = without_us(error)
    trace = error.__traceback__
    while trace is not None and "importlib" in trace.tb_frame.f_code.co_filename:
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))


def run_tests(work, tell):
    framework, file = work["framework"], work["rest"][1]
    tell(kind="start", framework=framework)
    try:
        if framework == "pytest":
            _run_pytest(file, tell)
        else:
            # Ours is made and watched before anything of the program is loaded.
            result = _unittest_result(work["module"].__name__, tell) if framework == "unittest" else None
            module = _load_or_tell(work, file, tell)
            if module is not None and result is not None:
                sys.modules["unittest"].defaultTestLoader.loadTestsFromModule(module).run(result)
            elif module is not None:
                _run_functions(module, tell)
    except SystemExit as error:
        message = f"The test process was ended with SystemExit({error.code!r}).\n{trace_of(error)}"
        tell(kind="case", name=file, status="failed", message=message)
    tell(kind="end")


def _load_or_tell(work, file, tell):
    module = work["module"]
    try:
        source = work["source"]
        code = source if isinstance(source, type(_load_or_tell.__code__)) else compile(source, file, "exec", dont_inherit=True)
        exec(code, module.__dict__)
        return module
    except SystemExit as error:
        why = f"KintsugiEarlyExit: the test process was ended during import with SystemExit({error.code!r})."
        tell(kind="case", name=file, status="failed", message=trace_of(error) + why)
    except BaseException as error:
        tell(kind="case", name=file, status="failed", message=trace_of(error))
    return None


def _unittest_result(name, tell):
    import unittest
    from time import perf_counter as clock

    prefix = name + "."

    class Result(unittest.TestResult):
        started = 0.0

        def tell(self, test, status, message=None, name=None):
            shown = name or test.id()
            shown = shown[len(prefix) :] if shown.startswith(prefix) else shown
            ms = (clock() - self.started) * 1000 if self.started else 0
            tell(kind="case", name=shown, status=status, message=message, ms=ms)

        def startTest(self, test):
            super().startTest(test)
            self.started = clock()
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

    sys.audit("kintsugi.watch", Result)
    return Result()


def _run_pytest(file, tell):
    import pytest

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
            tell(kind="case", name=name, status=status, message=message, ms=report.duration * 1000)

        @pytest.hookimpl
        def pytest_collectreport(self, report):
            if report.failed:
                tell(kind="case", name=file, status="failed", message=report.longreprtext)

    sys.audit("kintsugi.watch", Plugin)
    folder = os.path.dirname(os.path.abspath(file))
    sys.path[0:1] = [folder] if folder == os.getcwd() else [folder, os.getcwd()]
    arguments = ["-q", "--no-header", "--tb=short", "--color=no", "-p", "no:cacheprovider"]
    arguments += ["-c", os.devnull, "--rootdir", os.getcwd()]
    if "conftest.py" not in os.environ.get("KINTSUGI_CHECKS", ""):
        arguments.append("--noconftest")
    pytest.main([*arguments, file], plugins=[Plugin()])


def _run_functions(module, tell):
    import asyncio
    import inspect
    from time import perf_counter as clock


    def call(name, function):
        wanted = [
            one.name
            for one in inspect.signature(function).parameters.values()
            if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        ]
        if wanted:
            message = f"The test asks for fixtures ({', '.join(wanted)}), which need pytest; it is not installed."
            return tell(kind="case", name=name, status="failed", message=message)
        started = clock()
        status, message = "passed", None
        try:
            outcome = function()
            if inspect.iscoroutine(outcome):
                asyncio.run(outcome)
        except SystemExit as error:
            status, message = "failed", trace_of(error) + f"The test was ended with SystemExit({error.code!r})."
        except BaseException as error:
            status, message = "failed", trace_of(error)
        tell(kind="case", name=name, status=status, message=message, ms=(clock() - started) * 1000)

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
