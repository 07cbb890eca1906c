"""A JUnit report as lines `pass|FAIL|skip<TAB>NAME<TAB>REASON`: `junit_lines.py report.xml`."""

import sys
import xml.etree.ElementTree as xml


def main():
    for case in xml.parse(sys.argv[1]).iter("testcase"):
        name = case.get("name")
        broken = case.find("failure") if case.find("failure") is not None else case.find("error")
        skipped = case.find("skipped")
        if broken is not None:
            message = " ".join((broken.get("message") or "").split())
            print("FAIL", name, message[:160], sep="\t")
        elif skipped is not None:
            print("skip", name, skipped.get("message") or "", sep="\t")
        else:
            print("pass", name, f"{float(case.get('time') or 0):.1f} s", sep="\t")


main()
