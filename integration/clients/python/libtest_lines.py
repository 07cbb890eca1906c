"""The results in the output of `cargo test` as lines `NAME VERDICT`: `libtest_lines.py LOG`.

A test that prints while it runs tears its line apart: the name is where the line begins, the verdict the next word at a line's end. A test that
has begun and not ended (the process died, or its time was over) has the verdict `unfinished`.
"""

import re
import sys


def main():
    current = None
    for line in open(sys.argv[1], encoding="utf-8", errors="replace"):
        begin = re.match(r"test (\S+)( - should panic)? \.\.\. ?(.*)", line)
        if begin:
            if current:
                print(current, "unfinished")
            current, line = begin.group(1), begin.group(3)
        end = re.search(r"(?:^|\s)?(ok|FAILED|ignored)(?:, .*)?$", line.rstrip())
        if current and end:
            print(current, end.group(1))
            current = None
    if current:
        print(current, "unfinished")


main()
