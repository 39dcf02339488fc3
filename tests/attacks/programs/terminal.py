import fcntl
import termios

from tries import attempt, os


def typing(descriptor):
    fcntl.ioctl(descriptor, 0x5412, b"x")


def own_terminal():
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            _, inner = os.openpty()
            fcntl.ioctl(inner, termios.TIOCSCTTY, 0)
            typing(inner)
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code != 0:
        raise OSError(code, "")


attempt("the user's terminal", lambda: typing(os.open("/dev/tty", os.O_RDWR)))
attempt("a terminal on standard input", lambda: typing(0))
attempt("TIOCSTI on a real terminal", own_terminal)
attempt("TIOCLINUX", lambda: fcntl.ioctl(0, 0x541C, b"\2"))
