from tries import attempt, os


def write(path):
    def run():
        with open(path, "w") as file:
            file.write("no")

    return run


def swapped():
    with open("fresh.txt", "w") as file:
        file.write("no")
    os.replace("fresh.txt", "checks/unit/check.txt")


attempt("written", write("checks/unit/check.txt"))
attempt("mode", lambda: (os.chmod("checks/unit/check.txt", 0o666), write("checks/unit/check.txt")()))
attempt("replaced", swapped)
attempt("removed", lambda: os.unlink("checks/unit/check.txt"))
attempt("folder renamed", lambda: os.rename("checks/unit", "checks/other"))
attempt("parent renamed", lambda: os.rename("checks", "other"))
