from tries import aim, attempt, os

out = aim["outside"]


def write(path):
    def run():
        with open(path, "w") as file:
            file.write("written")

    return run


def by_symlink():
    os.symlink(out + "/file.txt", "link.txt")
    write("link.txt")()


def by_folder_link():
    os.symlink(out, "folder")
    write("folder/new-by-link.txt")()


def by_hard_link():
    os.link(out + "/file.txt", "hard.txt")
    write("hard.txt")()


def renamed_parent():
    os.rename(out + "/sibling", out + "/moved")


def moved_in():
    os.rename("mine.txt", out + "/mine.txt")


write("mine.txt")()
attempt("absolute path", write(out + "/file.txt"))
attempt("dots", write(os.path.relpath(out + "/file.txt")))
attempt("symbolic link", by_symlink)
attempt("link to a folder", by_folder_link)
attempt("hard link", by_hard_link)
attempt("renamed parent", renamed_parent)
attempt("moved out", moved_in)
attempt("git hook", write(out + "/sibling/.git/hooks/pre-commit"))
attempt("missing path", write(out + "/.bashrc"))
attempt("truncated", lambda: os.truncate(out + "/file.txt", 0))
attempt("removed", lambda: os.unlink(out + "/file.txt"))
attempt("device", lambda: os.mknod(out + "/fifo", 0o10600))
