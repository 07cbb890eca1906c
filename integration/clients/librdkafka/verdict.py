"""What became of one number: `verdict.py NUMBER REPORT.json STATUS LOG` prints `pass|FAIL|skip WHAT` or `none` if nothing was to be run.

The report is the runner's own (its option -r). A test that is marked there as a known issue may fail.
"""

import json
import re
import sys


def why(log):
    """The runner's line about its failure, or the last one."""
    text = open(log, encoding="utf-8", errors="replace").read()
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"TEST FAILURE|TEST_FAIL|### Test|Assertion|assert", line)]
    if told and "TEST FAILURE" in told[0]:
        told = lines[lines.index(told[0]) + 1:]
    return (told or lines or ["no output"])[0 if told else -1][:200]


def main():
    number, path, status, log = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    if status in (124, 137):
        return f"FAIL no end within the time; {log}"
    try:
        tests = json.load(open(path, encoding="utf-8"))["tests"]
    except (OSError, ValueError, KeyError):
        return f"FAIL it left with {status}: {why(log)}"
    tests = {name: test for name, test in tests.items() if name.startswith(number) and test["state"] != "DNS"}
    failed = [name for name, test in tests.items() if test["state"] == "FAILED" and not test["known_issue"]]
    if failed or status:
        return f"FAIL {', '.join(failed) or 'status ' + str(status)}: {why(log)}"
    ran = {name: test for name, test in tests.items() if test["state"] == "PASSED"}
    if ran:
        return f"pass {', '.join(ran)}: {sum(test['duration'] for test in ran.values()):.0f} s"
    known = [name for name, test in tests.items() if test["known_issue"]]
    if known:
        return f"skip known to its authors: {', '.join(known)}"
    text = re.sub(r"\x1b\[[0-9;]*m", "", open(log, encoding="utf-8", errors="replace").read())
    # Those of the number that are local are filtered, which says nothing.
    reasons = [reason for reason in re.findall(r"SKIPPING TEST: (.*)", text) if not reason.startswith("Filtered")]
    if reasons:
        return f"skip by itself: {reasons[0]}"
    return "none"


print(main())
