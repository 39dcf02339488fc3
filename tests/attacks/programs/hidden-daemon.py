from tries import aim, os

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir("/")
        os.closerange(0, 64)
        os.execve("/bin/sh", ["sh", "-c", "sleep 20; : " + aim["mark"]], {})
    os._exit(0)
os._exit(0)
