"""Has a Python that was started ahead wait for its program, before it looks for it. Found by PYTHONPATH, of which nothing is left afterwards.

One line comes on standard input once the program is in place: 0 when it gets no input, 1 when what follows is its input.
"""


def _wait(folder):
    import io
    import os
    import sys

    os.environ.pop("PYTHONPATH", None)
    sys.path[:] = [one for one in sys.path if one != folder]
    sys.path_importer_cache.pop(folder, None)
    word = os.read(0, 1)
    if not word or os.read(0, 1) != b"\n":
        os._exit(1)
    if word == b"0":
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        # Made anew as the interpreter does it: the one there is remembers that it was a pipe.
        old = sys.stdin
        raw = io.open(0, "rb", -1, closefd=False)
        raw.raw.name = "<stdin>"
        given = {"encoding": old.encoding, "errors": old.errors, "newline": "\n"}
        sys.stdin = sys.__stdin__ = io.TextIOWrapper(raw, line_buffering=old.line_buffering, **given)
        sys.stdin.mode = "r"
    for finder in list(sys.path_importer_cache.values()):
        if hasattr(finder, "invalidate_caches"):
            finder.invalidate_caches()
    del sys.modules["sitecustomize"]
    # The machine's own, if it has one; if not, the error is what the interpreter expects.
    __import__("sitecustomize")


_wait(__file__.rpartition("/")[0])
