"""Told on standard output: `DONE name detail` for what went through, `STOP name why` for what did not."""

import ctypes
import errno
import json
import os
import platform
import sys
import time

aim = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
X64 = platform.machine() == "x86_64"


def say(word, name, detail=""):
    sys.stdout.write("%s %s %s\n" % (word, name, str(detail).replace("\n", " ")[:200]))
    sys.stdout.flush()


def attempt(name, work):
    try:
        detail = work()
    except OSError as error:
        say("STOP", name, errno.errorcode.get(error.errno, error))
    except BaseException as error:
        say("STOP", name, type(error).__name__)
    else:
        say("DONE", name, "" if detail is None else detail)


def kernel(x64, arm64, *arguments):
    """A system call that fails as OSError does."""

    def run():
        values = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
        if libc.syscall(ctypes.c_long(x64 if X64 else arm64), *values) < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    return run


def fill(folder, most_bytes, one_bytes=2 << 20):
    """Writes files of `one_bytes` until `most_bytes` are there."""
    written = 0
    block = b"x" * (1 << 18)
    while written < most_bytes:
        path = os.path.join(folder, "fill-%s-%d" % (aim["mark"], written))
        with open(path, "wb") as file:
            for _ in range(one_bytes // len(block)):
                file.write(block)
                file.flush()
                written += len(block)
    time.sleep(1.5)
    return "%d MB" % (written >> 20)
