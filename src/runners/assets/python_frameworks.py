"""Test frameworks of Python, loaded before the program and made to tell what they run."""
import os
import sys

tellers = set()


def load_first(run, names):
    """
    Imports what the check imports anyway, of the standard library and pytest, unless files of the run stand in for some of it. Returns the names
    of modules that could.
    """
    standard, beside = _standard(), _beside(run)
    if beside is None or beside & standard:
        return beside
    for name in names:
        if name.split(".")[0] in standard:
            try:
                __import__(name)
            except ImportError:
                continue
    return beside


def is_stale(run, before):
    """Whether a program that came after `load_first` has files in the place of what was loaded, or of what is then not to be loaded first."""
    for finder in list(sys.path_importer_cache.values()):
        if hasattr(finder, "invalidate_caches"):
            finder.invalidate_caches()
    now = _beside(run)
    if before is None or now is None:
        return before is not now
    return bool((now - before) & (_standard() | {name.split(".")[0] for name in sys.modules}))


def _standard():
    return sys.stdlib_module_names | {"pytest", "_pytest", "pluggy"} if hasattr(sys, "stdlib_module_names") else {"unittest", "pytest"}


def _beside(run):
    folders = {run.folder or os.getcwd(), sys.path[0] or os.getcwd()}
    try:
        return {name.split(".")[0] for folder in folders for name in os.listdir(folder)}
    except OSError:
        return None


def watch_unittest(run):
    """Makes unittest, when it is loaded, tell which tests it runs, and who skips one."""
    result = sys.modules.get("unittest.result")
    if result is None:
        return
    audit, information = sys.audit, sys.exc_info
    start, skip = result.TestResult.startTest, result.TestResult.addSkip

    def startTest(self, test):
        audit("kintsugi.ran", ".".join(test.id().split(".")[-2:]))
        return start(self, test)

    def addSkip(self, test, reason):
        name = test.id()
        if "(" in name:
            # A whole class or module, in the words of unittest.
            inner = name.split("(")[1].rstrip(")").split(".")[-1]
            audit("kintsugi.ran", "*" if name.startswith("setUpModule") else inner + ".*")
        places = [one for one in frames_below(information()[2]) if run.owner_of(one[0])]
        if places and run.owner_of(places[0][0]) == "program":
            code, line = places[0]
            audit("kintsugi.tamper", f"the program had the test {name} skipped", code.co_filename, line)
        return skip(self, test, reason)

    tellers.update([startTest.__code__, addSkip.__code__])
    result.TestResult.startTest, result.TestResult.addSkip = startTest, addSkip


def watch_pytest(run):
    """Has our change of comparisons come after pytest's own of assertions, and pytest tell which tests it runs, and who skips one."""
    rewrite, runner = sys.modules.get("_pytest.assertion.rewrite"), sys.modules.get("_pytest.runner")
    if rewrite is None or runner is None:
        return
    audit, original, report_of = sys.audit, rewrite.rewrite_asserts, runner.pytest_runtest_makereport

    def rewrite_asserts(tree, *arguments, **named):
        original(tree, *arguments, **named)
        guarded(tree)

    def pytest_runtest_makereport(item, call):
        report = report_of(item, call)
        parent = getattr(item, "cls", None)
        name = getattr(item, "originalname", None) or item.name
        audit("kintsugi.ran", f"{parent.__name__}.{name}" if parent is not None else name)
        if call.excinfo is not None and type(call.excinfo.value).__name__ in ("Skipped", "XFailed", "SkipTest"):
            places = [one for one in frames_below(call.excinfo.tb) if run.owner_of(one[0])]
            if places and run.owner_of(places[0][0]) == "program":
                code, line = places[0]
                audit("kintsugi.tamper", f"the program had the test {name} skipped", code.co_filename, line)
        return report

    ended = sys.modules["_pytest.outcomes"].Exit
    begin = ended.__init__

    def __init__(self, *arguments, **named):
        owned = [one for one in frames_above(sys._getframe(1)) if run.owner_of(one[0])]
        if owned and run.owner_of(owned[0][0]) == "program":
            code, line = owned[0]
            audit("kintsugi.tamper", "the program ended the test session", code.co_filename, line)
        begin(self, *arguments, **named)

    ended.__init__ = __init__
    tellers.add(pytest_runtest_makereport.__code__)
    rewrite.rewrite_asserts, runner.pytest_runtest_makereport = rewrite_asserts, pytest_runtest_makereport
