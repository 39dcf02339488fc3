import signal

from tries import os

os.kill(0, signal.SIGKILL)
