from tries import attempt, os, time


def flood():
    os.mkdir("many")
    for number in range(22_000):
        os.close(os.open("many/%d" % number, os.O_CREAT | os.O_WRONLY, 0o600))
    time.sleep(1.5)


attempt("22000 files", flood)
