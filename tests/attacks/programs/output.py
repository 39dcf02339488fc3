import sys

from tries import aim, os, time

kind = aim["kind"]
if kind == "closed":
    os.close(1)
    os.close(2)
    time.sleep(60)
block = {"lines": b"y\n" * 32768, "no line break": b"y" * 65536, "binary": bytes(range(256)) * 256}[kind]
descriptor = 2 if aim["stream"] == "stderr" else 1
for _ in range(3200):
    os.write(descriptor, block)
os.write(descriptor, b"\nDONE output 200 MB\n")
