"""Runs a program in a terminal of its own and plays its user.

Usage: terminal.py COLUMNS STEPS PROGRAM ARGUMENT…

STEPS is a JSON list of [text, keys]: once the text has appeared (after the last one that was waited for), the keys are pressed. Prints everything that
appeared on the terminal and ends with the program's exit code; with 99 if a text does not appear in a minute.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios

SECONDS = 60


def main(columns, steps, program):
    pid, terminal = pty.fork()
    if pid == 0:
        # The size must be there before the program looks.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        os.environ["TERM"] = "xterm"
        os.execv(program[0], program)
    seen, position = b"", 0
    steps = [(text.encode(), keys.encode()) for text, keys in steps]
    while True:
        while steps and steps[0][0] in seen[position:]:
            text, keys = steps.pop(0)
            position = seen.index(text, position) + len(text)
            os.write(terminal, keys)
        if not select.select([terminal], [], [], SECONDS)[0]:
            os.kill(pid, 9)
            finish(seen, 99)
        try:
            more = os.read(terminal, 65536)
        except OSError:
            more = b""
        if not more:
            break
        seen += more
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finish(seen, 99 if steps else code)


def finish(seen, code):
    sys.stdout.buffer.write(seen)
    sys.stdout.flush()
    sys.exit(code)


main(int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:])
