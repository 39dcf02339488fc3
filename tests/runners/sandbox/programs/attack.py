"""Tries what a sandbox must refuse, one line of JSON for all: name -> "done" or the name of the error."""

import ctypes
import errno
import json
import mmap
import os
import platform
import signal
import socket
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
victim = int(sys.argv[1])
X64 = platform.machine() == "x86_64"


def call(x64, arm64, *arguments):
    def run():
        number = x64 if X64 else arm64
        values = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
        if libc.syscall(ctypes.c_long(number), *values) < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    return run


def family(number, kind=socket.SOCK_STREAM):
    return lambda: socket.socket(number, kind).close()


def shared_mapping():
    mmap.mmap(-1, 1 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)


def zero_mapping():
    with open("/dev/zero", "r+b") as file:
        mmap.mmap(file.fileno(), 1 << 20, flags=mmap.MAP_SHARED)


def fill(folder):
    def run():
        with open(os.path.join(folder, "fill"), "wb") as file:
            for _ in range(80):
                file.write(b"x" * (1 << 20))
                file.flush()

    return run


def write(path):
    def run():
        with open(path, "w") as file:
            file.write("x")

    return run


def in_child(work):
    """For what the kernel answers with death."""

    def run():
        pid = os.fork()
        if pid == 0:
            work()
            os._exit(0)
        status = os.waitpid(pid, 0)[1]
        if os.WIFSIGNALED(status):
            raise OSError(0, signal.Signals(os.WTERMSIG(status)).name)

    return run


def call_of_i386():
    code = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    ctypes.CFUNCTYPE(ctypes.c_int)(address)()


def become_root():
    os.setresuid(0, 0, 0)
    if os.getuid() == 0 and open("/proc/self/status").read().split("CapEff:\t")[1][:16].strip("0"):
        return
    raise PermissionError(errno.EPERM, "no power")


attacks = {
    "ptrace": call(101, 117, 16, victim, 0, 0),
    "process_vm_readv": call(310, 270, victim, 0, 0, 0, 0, 0),
    "kcmp": call(312, 272, os.getpid(), os.getpid(), 0, 0, 1),
    "pidfd_getfd": call(438, 438, 0, 0, 0),
    "bpf": call(321, 280, 0, 0, 0),
    "io_uring_setup": call(425, 425, 1, 0),
    "keyctl": call(250, 219, 0, -3, 0),
    "add_key": call(248, 217, 0, 0, 0, 0, 0),
    "userfaultfd": call(323, 282, 0),
    "perf_event_open": call(298, 241, 0, 0, -1, -1, 0),
    "open_by_handle_at": call(304, 265, -100, 0, 0),
    "mount": call(165, 40, b"none", b"/tmp", b"tmpfs", 0, 0),
    "remount": call(165, 40, b"none", b"/", b"", 0x20, 0),
    "chroot": call(161, 51, b"/tmp"),
    "unshare": call(272, 97, 0x10000000),
    "setns": call(308, 268, 0, 0),
    "clone with a new user namespace": call(56, 220, 0x10000000 | 17, 0, 0, 0, 0),
    "clone3": call(435, 435, 0, 0),
    "memfd_create": call(319, 279, b"x", 0),
    "memfd_secret": call(447, 447, 0),
    "shmget": call(29, 194, 0, 4096, 0o1600),
    "swapoff": call(168, 225, b"/none"),
    "reboot": call(169, 142, 0, 0, 0),
    "clock_settime": call(227, 112, 0, struct.pack("qq", 1, 1)),
    "init_module": call(175, 105, 0, 0, 0),
    "syslog": call(103, 116, 3, 0, 0),
    "typing into the terminal": call(16, 29, 0, 0x5412, b"x"),
    "vsock": family(40),
    "netlink": family(16, socket.SOCK_RAW),
    "crypto": family(38),
    "packet": family(17, socket.SOCK_RAW),
    "raw": family(socket.AF_INET, socket.SOCK_RAW),
    "shared anonymous mapping": shared_mapping,
    "shared mapping of zeros": zero_mapping,
    "filling /dev": fill("/dev"),
    "filling /dev/shm": fill("/dev/shm"),
    "filling /tmp": fill("/tmp"),
    "core_pattern": write("/proc/sys/kernel/core_pattern"),
    "sysrq": write("/proc/sysrq-trigger"),
    "device": lambda: os.mknod("/tmp/device", 0o20666, os.makedev(1, 1)),
    "becoming root": become_root,
    "signal": lambda: os.kill(victim, signal.SIGTERM),
    "writing /usr": write("/usr/kintsugi-was-here"),
    "writing /": write("/kintsugi-was-here"),
    "writing /etc": write("/etc/kintsugi-was-here"),
    "reading /etc/shadow": lambda: open("/etc/shadow").read(),
    "reading host names": lambda: open("/etc/hostname").read(),
}
if X64:
    attacks["x32"] = call(0x40000000 + 39, 0)
    attacks["i386"] = in_child(call_of_i386)

results = {}
for name, attack in attacks.items():
    try:
        attack()
        results[name] = "done"
    except OSError as error:
        results[name] = errno.errorcode.get(error.errno, str(error))
    except Exception as error:
        results[name] = type(error).__name__
print(json.dumps(results))
