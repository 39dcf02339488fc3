import signal

from tries import attempt, os

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def write():
    with open("big", "wb") as file:
        for _ in range(64):
            file.write(b"x" * (1 << 20))
            file.flush()


def sparse():
    with open("sparse", "wb") as file:
        file.truncate(2 << 30)


def reserved():
    with open("reserved", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 64 << 20)


attempt("64 MB file", write)
attempt("sparse 2 GB file", sparse)
attempt("reserved file", reserved)
