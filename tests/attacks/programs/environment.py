from tries import aim, attempt, os


def own():
    if aim["secret"] not in "\n".join(os.environ.values()):
        raise OSError("not there")


attempt("own environment", own)
