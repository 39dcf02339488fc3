import asyncio
import concurrent.futures
import json
import multiprocessing
import os
import sqlite3
import subprocess
import tempfile
import zlib


def square(number):
    return number * number


async def echo():
    await asyncio.sleep(0)
    return "awaited"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "a"), "w") as file:
            file.write("a")
        print(os.listdir(folder))
    print(subprocess.run(["sh", "-c", "echo child; exit 3"], capture_output=True, text=True))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        print(list(pool.map(square, range(4))))
    children = []
    for number in range(3):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(writer, str(square(number)).encode())
            os._exit(number)
        children.append((os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), os.read(reader, 9)))
    print(children)
    base = sqlite3.connect("a.db")
    base.execute("create table a (b)")
    base.execute("insert into a values (7)")
    print(base.execute("select sum(b) from a").fetchall())
    print(asyncio.run(echo()), json.dumps({"a": [1]}), zlib.crc32(b"a"))
    print(sorted(os.listdir(".")))
