from tries import aim, attempt, os


def seen():
    if not os.path.isdir("/proc/%d" % aim["victim"]):
        raise OSError("not seen")


attempt("the victim in /proc", seen)
