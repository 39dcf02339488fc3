import sys

sys.stdout.buffer.write(
    b"\x1b]0;title\x07\x1b[2J\x1b]52;c;eA==\x07\x1bP+q\x1b\\\x9b31m\x07\x08\x1b[6n\r\x1b]8;;http://x\x1b\\end\n"
)
