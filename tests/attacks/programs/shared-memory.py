import mmap

from tries import aim, attempt, fill, kernel, os


def shared_mapping():
    mmap.mmap(-1, 16 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)


def zero_mapping():
    with open("/dev/zero", "r+b") as file:
        mmap.mmap(file.fileno(), 16 << 20, flags=mmap.MAP_SHARED)


attempt("shared anonymous mapping", shared_mapping)
attempt("mapping of /dev/zero", zero_mapping)
attempt("memfd_create", kernel(319, 279, b"m", 0))
attempt("memfd_secret", kernel(447, 447, 0))
attempt("shmget", kernel(29, 194, 0, 1 << 20, 0o1600))
for folder in ("/dev/shm", "/dev", "/tmp"):
    attempt("fill of " + folder, lambda: fill(folder, 80 << 20))
