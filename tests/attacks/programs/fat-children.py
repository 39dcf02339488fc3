from tries import os, say, time

children = []
for _ in range(8):
    pid = os.fork()
    if pid == 0:
        try:
            kept = bytearray(b"x" * (24 << 20))
            time.sleep(2)
            os._exit(len(kept) & 1)
        except MemoryError:
            os._exit(9)
    children.append(pid)
ends = [os.waitpid(pid, 0)[1] for pid in children]
say("STOP" if any(ends) else "DONE", "children", ends)
