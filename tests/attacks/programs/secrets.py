from tries import aim, attempt, os

places = [".ssh/id_ed25519", ".aws/credentials", "sibling/.env"]


def read(path):
    def run():
        with open(path) as file:
            if aim["secret"] not in file.read():
                raise OSError("something else")

    return run


def shadow():
    with open("/etc/shadow") as file:
        file.read(1)


for place in places:
    attempt(place, read(os.path.join(aim["outside"], place)))
attempt("listing of a home folder", lambda: os.listdir(os.path.join(aim["outside"], ".ssh")))
if aim["level"] != "L0":
    attempt("/etc/shadow", shadow)
