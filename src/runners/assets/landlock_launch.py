"""Confines itself with Landlock, a seccomp filter and no_new_privs, then becomes the program.

Argument 1 is a JSON object: status (descriptor), cwd, readable, writable (paths), network (whether TCP is open), filter (base64), user (a number
to become, or null), processes (its limit then), variables (names of the environment that the program gets).
Says "started" on the status descriptor right before it becomes the rest of its arguments, and what failed otherwise.
"""

import base64
import ctypes
import json
import os
import resource
import sys

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 38, 22

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL_DEVICE = 1 << 14, 1 << 15
READING = EXECUTE | READ_FILE | READ_DIR
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
BIND_TCP, CONNECT_TCP = 1, 2
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


class RulesetAttributes(ctypes.Structure):
    _fields_ = [("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class PathAttributes(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


class FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def kernel(*arguments):
    result = libc.syscall(*[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def allow(ruleset, path, access):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            access &= OF_FILES
        kernel(ADD_RULE, ruleset, 1, ctypes.byref(PathAttributes(access, descriptor)), 0)
    finally:
        os.close(descriptor)


def confine_files(job):
    abi = kernel(CREATE_RULESET, None, 0, 1)
    handled = (1 << 16) - 1 if abi >= 5 else (1 << 15) - 1
    network = BIND_TCP | CONNECT_TCP if abi >= 4 and not job["network"] else 0
    scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS if abi >= 6 else 0
    attributes = RulesetAttributes(handled, network, scoped)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = kernel(CREATE_RULESET, ctypes.byref(attributes), size, 0)
    for path in job["readable"]:
        allow(ruleset, path, READING)
    for path in ("/dev/null", "/dev/full", "/dev/random", "/dev/urandom"):
        allow(ruleset, path, READ_FILE | WRITE_FILE | TRUNCATE)
    allow(ruleset, "/dev/zero", READ_FILE)
    allow(ruleset, "/proc/%d" % os.getpid(), READ_FILE | READ_DIR)
    for path in job["writable"]:
        allow(ruleset, path, handled & ~IOCTL_DEVICE)
    kernel(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def filter_calls(program):
    buffer = ctypes.create_string_buffer(program, len(program))
    described = FilterProgram(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(described), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the filter of system calls was refused")


def become(user):
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def environment(job):
    # Python may have set its locale in there.
    return {name: value for name, value in os.environ.items() if name in job["variables"]}


def main():
    job = json.loads(sys.argv[1])
    program = sys.argv[2:]
    status = job["status"]
    stage = "the job"
    try:
        os.set_inheritable(status, False)
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) != status:
                try:
                    os.set_inheritable(int(name), False)
                except OSError:
                    pass
        stage = "the user"
        if job["user"] is not None:
            become(job["user"])
            resource.setrlimit(resource.RLIMIT_NPROC, (job["processes"], job["processes"]))
        stage = "no_new_privs"
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "refused")
        stage = "Landlock"
        confine_files(job)
        stage = "seccomp"
        filter_calls(base64.b64decode(job["filter"]))
        stage = program[0]
        os.chdir(job["cwd"])
        if not os.access(program[0], os.X_OK):
            raise PermissionError("it cannot be executed from inside")
        os.write(status, b"started")
        os.execve(program[0], program, environment(job))
    except BaseException as error:
        os.write(status, ("\nfailed at %s: %s" % (stage, error)).encode())
        os._exit(125)


main()
