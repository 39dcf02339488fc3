from tries import aim, attempt, os

file = aim["outside"] + "/file.txt"
attempt("chmod", lambda: os.chmod(file, 0o4777))
attempt("times", lambda: os.utime(file, (1, 1)))
attempt("attribute", lambda: os.setxattr(file, "user.x", b"1"))
attempt("facts", lambda: os.stat(file))
