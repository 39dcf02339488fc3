from tries import aim, os, say, time

count = 0
try:
    while count < 100:
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
        count += 1
except OSError as error:
    say("STOP", "fork", "%d %s" % (count, error.strerror))
else:
    time.sleep(1)
    say("DONE", "fork", count)
