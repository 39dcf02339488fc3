"""Whether the files of a check that load one another were run as they are written, and comparisons in all of them that cannot be answered falsely."""
import _ast
import os
import sys

MOST_SOURCE = 1_000_000


def read_checks(run):
    """By path, for each check file in Python that can be compiled: its text, the code objects it may become, and the check files it loads in any case."""
    found = {}
    for path in run.checks:
        if not path.endswith(".py"):
            continue
        try:
            with open(path, "rb") as file:
                source = file.read(MOST_SOURCE)
            tree = parse(source, path)
            loads = [one for name in loaded_by(tree) for one in places_of(run, path, name)]
            plain = compile(source, path, "exec", dont_inherit=True)
            codes = [plain, compile(guarded(tree), path, "exec", dont_inherit=True)]
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found[path] = {"text": source.decode("utf-8", "replace"), "codes": codes, "loads": loads}
    return found


def loaded_by(tree):
    """Names of modules and files that are loaded without a condition."""
    names, left = [], list(tree.body)
    for one in left:
        kind = type(one)
        if kind is _ast.Try:
            left += one.body
        elif kind is _ast.Import:
            names += [alias.name.replace(".", "/") + ".py" for alias in one.names]
        elif kind is _ast.ImportFrom and not one.level and one.module:
            names.append(one.module.replace(".", "/") + ".py")
        elif kind in (_ast.Expr, _ast.Assign) and type(one.value) is _ast.Call:
            call = one.value
            first = call.args[0] if call.args else None
            if "run_path" in (getattr(call.func, "attr", ""), getattr(call.func, "id", "")) and type(first) is _ast.Constant:
                names.append(str(first.value))
    return names


def places_of(run, path, name):
    found = [normal(join(folder, name)) for folder in (os.path.dirname(path), run.here, run.folder)]
    return [one for one in found if one in run.checks and one != path][:1]


def names_module(files, module):
    """Whether some check file speaks of a module, by the last part of its name."""
    word = module.split(".")[-1]
    return any(word in one["text"] for one in files.values())


def guard_imports(run):
    """Has comparisons in check files that are imported be asked of us, as those of the main file are. Returns the class that was changed."""
    from importlib.machinery import SourceFileLoader

    # Code that asks us is of use to this process only.
    sys.dont_write_bytecode = True
    first = SourceFileLoader.source_to_code

    def source_to_code(self, data, path, **named):
        if isinstance(data, bytes) and isinstance(path, str) and run.owner(path) == "check":
            return first(self, guarded(parse(data, path)), path, **named)
        return first(self, data, path, **named)

    SourceFileLoader.source_to_code = source_to_code
    return SourceFileLoader


def was_run(run, files, code):
    """The path of the check file whose code this is, else None."""
    path = run.path(code.co_filename) if type(code) is type(was_run.__code__) else None
    known = files.get(path)
    if known is None:
        return None
    # pytest changes assertions by itself.
    return path if code in known["codes"] or "_pytest" in sys.modules else None


def left_out(run, files, done):
    """Names of check files that files which were run load in any case, and that were not run."""
    loaders = set(done)
    if run.main_file:
        loaders.add(run.path(run.main_file))
    wanted = {one for path in loaders if path in files for one in files[path]["loads"]}
    return sorted(run.shown(one, 1).rsplit(":", 1)[0] for one in wanted if one in files and one not in loaders)


def functions_of(tree):
    """Undecorated functions of the file and methods of its classes, by name."""
    kinds = (_ast.FunctionDef, _ast.AsyncFunctionDef)
    for one in tree.body:
        if type(one) in kinds and not one.decorator_list:
            yield one.name
        elif type(one) is _ast.ClassDef:
            for method in one.body:
                if type(method) in kinds and not method.decorator_list:
                    yield one.name + "." + method.name
