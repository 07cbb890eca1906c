"""The top-level results in the output of a Go test binary with -test.v as lines `pass|FAIL|skip NAME SECONDS s`: `gotest_lines.py LOG`.

A test that has begun and not ended is a failure.
"""

import re
import sys

VERDICTS = {"PASS": "pass", "FAIL": "FAIL", "SKIP": "skip"}


def main():
    text = open(sys.argv[1], encoding="utf-8", errors="replace").read()
    begun = re.findall(r"^=== RUN +([^\s/]+)$", text, re.MULTILINE)
    ended = {name: (verdict, seconds) for verdict, name, seconds in re.findall(r"--- (PASS|FAIL|SKIP): ([^\s/]+) \(([\d.]+)s\)", text)}
    for name in begun:
        if name in ended:
            print(VERDICTS[ended[name][0]], name, f"{float(ended[name][1]):.0f} s")
        else:
            print("FAIL", name, "it did not end")


main()
