import signal

from tries import attempt, os

attempt("kill of everybody", lambda: os.kill(-1, signal.SIGKILL))
