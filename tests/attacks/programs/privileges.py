from tries import attempt, kernel, os


def opened(path):
    return lambda: os.close(os.open(path, os.O_WRONLY))


def become_root():
    os.setresuid(0, 0, 0)
    with open("/proc/self/status") as file:
        power = file.read().split("CapEff:\t")[1][:16].strip("0")
    if not power:
        raise OSError("no power")


attempt("mount", kernel(165, 40, b"none", b"/tmp", b"tmpfs", 0, 0))
attempt("remount", kernel(165, 40, b"none", b"/", b"", 0x20, 0))
attempt("umount", kernel(166, 39, b"/dev/shm", 0))
attempt("pivot_root", kernel(155, 41, b".", b"."))
attempt("unshare of the user namespace", kernel(272, 97, 0x10000000))
attempt("unshare of the mount namespace", kernel(272, 97, 0x20000))
attempt("clone with a user namespace", kernel(56, 220, 0x10000011, 0, 0, 0, 0))
attempt("setns", kernel(308, 268, 0, 0))
attempt("chroot", kernel(161, 51, b"."))
attempt("core_pattern", opened("/proc/sys/kernel/core_pattern"))
attempt("sysrq", opened("/proc/sysrq-trigger"))
attempt("uevent_helper", opened("/sys/kernel/uevent_helper"))
attempt("device node", lambda: os.mknod("memory", 0o20600, os.makedev(1, 1)))
attempt("becoming root", become_root)
attempt("sethostname", kernel(170, 161, b"x", 1))
attempt("su", lambda: os.execv("/bin/su", ["su", "-c", "echo DONE su"]) if os.fork() == 0 else os.wait() and 1 / 0)
