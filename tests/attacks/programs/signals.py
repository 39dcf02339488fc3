import signal

from tries import aim, attempt, kernel, os

victim = aim["victim"]
attempt("kill of the victim", lambda: os.kill(victim, signal.SIGKILL))
attempt("kill of the agent", lambda: os.kill(aim["agent"], signal.SIGKILL))
attempt("kill of the parent's group", lambda: os.killpg(victim, signal.SIGKILL))
attempt("ptrace", kernel(101, 117, 16, victim, 0, 0))
attempt("process_vm_readv", kernel(310, 270, victim, 0, 0, 0, 0, 0))
attempt("process_vm_writev", kernel(311, 271, victim, 0, 0, 0, 0, 0))
attempt("pidfd_getfd", kernel(438, 438, 0, 0, 0))
