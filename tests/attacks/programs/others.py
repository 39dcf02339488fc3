from tries import aim, attempt, os

pids = {1, aim["victim"], aim["agent"], os.getppid()}
try:
    pids |= {int(name) for name in os.listdir("/proc") if name.isdigit()}
except OSError:
    pass


def of_somebody(file):
    def run():
        seen = 0
        for pid in pids:
            try:
                with open("/proc/%d/%s" % (pid, file), "rb") as one:
                    if aim["secret"].encode() in one.read() and pid != os.getpid():
                        seen += 1
            except OSError:
                pass
        if seen == 0:
            raise OSError("nobody's")

    return run


attempt("environment of a process outside", of_somebody("environ"))
attempt("memory map of the victim", lambda: open("/proc/%d/maps" % aim["victim"]).read())
attempt("memory of the victim", lambda: open("/proc/%d/mem" % aim["victim"], "rb").close())
attempt("root of the victim", lambda: os.listdir("/proc/%d/root/" % aim["victim"]))
attempt("descriptors of the victim", lambda: os.listdir("/proc/%d/fd" % aim["victim"]))
