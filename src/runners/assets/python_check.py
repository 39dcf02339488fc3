"""Reads a Python check file: its code, the modules and the tests it names, and comparisons that a class of the program cannot answer falsely."""
import _ast
import sys

ONLY_AST = 0x400
PLAIN = frozenset([int, float, complex, str, bytes, bool, type(None)])
CONTAINERS = frozenset([list, tuple, set, frozenset, dict])
MOST_ITEMS = 10_000
FUNCTION = type(lambda: None)
ORDER = frozenset([_ast.Lt, _ast.Gt, _ast.LtE, _ast.GtE])
FIXED = frozenset([_ast.Constant, _ast.JoinedStr, _ast.Lambda, _ast.Starred])
WRAPPER = type(object.__eq__)
COMPARISONS = {
    _ast.Eq: "__kintsugi_equal__",
    _ast.NotEq: "__kintsugi_unequal__",
    _ast.In: "__kintsugi_among__",
}
ASSERTIONS = frozenset(
    "assert" + name
    for name in (
        "Equal Equals ListEqual TupleEqual DictEqual SetEqual SequenceEqual MultiLineEqual CountEqual AlmostEqual In".split()
    )
)


def parse(source, filename):
    return compile(source, filename, "exec", ONLY_AST, dont_inherit=True)


def guarded(tree):
    """Changes `tree` so that comparisons are asked of us; what is too deep for that stays as it is."""
    try:
        _rewrite(tree)
    except RecursionError:
        pass
    return tree


def _rewrite(node):
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            for index, one in enumerate(value):
                if isinstance(one, _ast.AST):
                    value[index] = _rewrite(one)
        elif isinstance(value, _ast.AST):
            setattr(node, field, _rewrite(value))
    if type(node) is _ast.BinOp and type(node.op) is _ast.Sub:
        node.left, node.right = _asked("__kintsugi_taken__", node.left), _asked("__kintsugi_taken__", node.right)
    if type(node) is _ast.Compare and (len(node.ops) > 1 or type(node.ops[0]) in ORDER):
        node.left = _asked("__kintsugi_ordered__", node.left)
        node.comparators = [_asked("__kintsugi_ordered__", one) for one in node.comparators]
        return node
    if type(node) is _ast.Compare:
        name = COMPARISONS.get(type(node.ops[0]))
        sides = [node.left, node.comparators[0]]
        if name is None or any(type(one) is _ast.Name and one.id == "__name__" for one in sides):
            return node
        return _call(name, sides, node)
    if type(node) is _ast.Call and type(node.func) is _ast.Attribute and node.func.attr in ASSERTIONS:
        first = node.args[:2]
        if len(first) == 2 and not any(type(one) is _ast.Starred for one in first):
            both = _call("__kintsugi_both__", first, first[0])
            node.args[:2] = [_placed(_ast.Starred(value=both, ctx=_ast.Load()), first[0])]
    return node


def _asked(name, node):
    return node if type(node) in FIXED else _call(name, [node], node)


def _call(name, arguments, place):
    function = _placed(_ast.Name(id=name, ctx=_ast.Load()), place)
    return _placed(_ast.Call(func=function, args=arguments, keywords=[]), place)


def _placed(node, place):
    for field in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
        setattr(node, field, getattr(place, field))
    return node


def imports_of(tree):
    """Names of the modules that the file imports at its top level, in order."""
    names = []
    for one in tree.body:
        if type(one) is _ast.Import:
            names += [alias.name for alias in one.names]
        elif type(one) is _ast.ImportFrom and not one.level and one.module:
            names.append(one.module)
    return names


def tests_of(tree, framework):
    """The tests that the file defines without conditions, as `Class.method` or `function`."""
    unit = framework != "pytest"
    found = set()
    for one in tree.body:
        kind = type(one)
        if kind is _ast.Delete:
            gone = {target.id for target in one.targets if type(target) is _ast.Name}
            found = {name for name in found if name.split(".")[0] not in gone}
        elif kind is _ast.ClassDef and (any("TestCase" in _name(base) for base in one.bases) or not unit):
            methods = [method.name for method in one.body if _is_test(method)]
            case = any("TestCase" in _name(base) for base in one.bases)
            left_out = any(
                type(line) is _ast.Assign and any(_name(target) == "__test__" for target in line.targets)
                for line in one.body
            )
            built = any(getattr(method, "name", "") == "__init__" for method in one.body)
            if not left_out and (case or (one.name.startswith("Test") and not built)):
                found.update(one.name + "." + name for name in methods)
        elif not unit and _is_test(one):
            found.add(one.name)
        elif not unit and kind is _ast.Assign:
            # A name that is bound anew may be no test any more.
            found -= {_name(target) for target in one.targets}
    return found


def _is_test(node):
    if type(node) not in (_ast.FunctionDef, _ast.AsyncFunctionDef) or not node.name.startswith("test"):
        return False
    return not any("fixture" in _name(one) or _name(one) in ("property", "staticmethod") for one in node.decorator_list)


def _name(node):
    if type(node) is _ast.Call:
        return _name(node.func)
    return getattr(node, "attr", None) or getattr(node, "id", "")


def ends_with_call(tree):
    """The last line of the file when its last statement only calls something by its name, without a call in the arguments; else None."""
    last = tree.body[-1] if tree.body else None
    call = getattr(last, "value", None)
    if type(last) is not _ast.Expr or type(call) is not _ast.Call:
        return None
    arguments = [*call.args, *(one.value for one in call.keywords)]
    return last.lineno if all(type(one) in (_ast.Constant, _ast.Name) for one in arguments) else None


def codes_of(code):
    """A code object and all within it."""
    found = [code]
    for one in found:
        found += [inner for inner in one.co_consts if type(inner) is type(code)]
    return found


def comparisons(tamper, is_foreign, is_named, random):
    """
    The functions that comparisons of a check file call. `is_foreign(filename)`: code of the program, or made while it ran. `is_named(module)`:
    the check itself speaks of that module.
    """
    mro = type.__dict__["__mro__"].__get__
    namespace = type.__dict__["__dict__"].__get__
    known = {}

    def written(kind, *names):
        """The place of the first of these methods that a class of the program, or one of a library that the check does not speak of, brought along, else None."""
        for name in names:
            for one in mro(kind):
                method = namespace(one).get(name)
                if method is None:
                    continue
                if type(method) is WRAPPER:
                    break
                if type(method) is not FUNCTION:
                    return "", 0
                code = method.__code__
                if is_foreign(code.co_filename) or not is_named(str(namespace(one).get("__module__"))):
                    return code.co_filename, code.co_firstlineno
                break
        return None

    def place_of(kind, *names):
        key = (kind, names)
        if key not in known:
            known[key] = written(kind, *names)
        return known[key]

    def answers(ask):
        try:
            return bool(ask())
        except Exception:
            return False

    def say(value, what, place):
        tamper(f"the class {type(value).__name__} calls itself {what}", *place)

    def suspects(values):
        found, left, seen = [], list(values), 0
        while left and seen < MOST_ITEMS:
            value = left.pop()
            kind = type(value)
            seen += 1
            if kind in PLAIN:
                continue
            if kind in CONTAINERS:
                parts = [*value, *value.values()] if kind is dict else value
                if not PLAIN.issuperset(set(map(type, parts))):
                    left += [one for one in parts if type(one) not in PLAIN]
                continue
            if place_of(kind, "__eq__", "__ne__") is not None:
                found.append(value)
        return found

    def decoys():
        number = int.from_bytes(random(6), "big") + 1000
        word = random(6).hex()
        return [object(), number, word, -number / 7, (number,), [word], {word: number}, {number}, word.encode()]

    def forged(values):
        """Whether something in `values` calls itself equal to what nobody can have meant."""
        for value in suspects(values):
            for decoy in decoys():
                if answers(lambda: value == decoy):
                    say(value, "equal to anything", place_of(type(value), "__eq__", "__ne__"))
                    return True
            if all(answers(lambda: not value != decoy) for decoy in decoys()):
                say(value, "equal to anything", place_of(type(value), "__ne__", "__eq__"))
                return True
        return False

    def ordered(value):
        __tracebackhide__ = True
        if type(value) not in PLAIN and not forged((value,)):
            place = place_of(type(value), "__lt__", "__gt__", "__le__", "__ge__")
            number = int.from_bytes(random(6), "big") + 1_000_000
            if place and answers(lambda: value <= -number) and answers(lambda: value >= number):
                say(value, "both less and more than any number", place)
            elif place and answers(lambda: value < -number) and answers(lambda: value > number):
                say(value, "both less and more than any number", place)
        return value

    def taken(value):
        __tracebackhide__ = True
        place = None if type(value) in PLAIN else place_of(type(value), "__sub__", "__rsub__")
        if place is not None:
            number = int.from_bytes(random(6), "big") + 1_000_000
            if all(answers(lambda: (value - one) == 0 or (one - value) == 0) for one in (number, -number)):
                say(value, "as large as any number", place)
        return value

    def holds_all(value):
        place = None if type(value) in PLAIN else place_of(type(value), "__contains__")
        if place is None or not all(answers(lambda: one in value) for one in decoys()[:4]):
            return False
        say(value, "a container of anything", place)
        return True

    def plain(left, right):
        return type(left) in PLAIN and type(right) in PLAIN

    def equal(left, right):
        __tracebackhide__ = True
        if not plain(left, right) and forged((left, right)):
            return False
        return left == right

    def unequal(left, right):
        __tracebackhide__ = True
        if not plain(left, right) and forged((left, right)):
            return True
        return left != right

    def among(left, right):
        __tracebackhide__ = True
        if not plain(left, right) and forged((left, right if type(right) in CONTAINERS else None)):
            return False
        if holds_all(right):
            return False
        return left in right

    def both(left, right):
        __tracebackhide__ = True
        if not plain(left, right):
            forged((left, right))
        return left, right

    return {
        "__kintsugi_equal__": equal,
        "__kintsugi_unequal__": unequal,
        "__kintsugi_among__": among,
        "__kintsugi_both__": both,
        "__kintsugi_ordered__": ordered,
        "__kintsugi_taken__": taken,
    }
