"""The test numbers in librdkafka's test.c that want a broker: `numbers.py test.c SCENARIO`.

A number has one or more entries `_TEST(0045_name, FLAGS, ..., .scenario = "a,b")`; without a scenario the entry belongs to `default`. Entries
that are local (they start what they need themselves) or manual do not count.
"""

import re
import sys


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    table = text[text.index("struct test tests[] = {"):]
    table = table[:table.index("{NULL}")]
    entries = re.split(r"^\s*_TEST\(", table, flags=re.MULTILINE)[1:]
    numbers = []
    for entry in entries:
        scenario = re.search(r'\.scenario\s*=\s*"([^"]*)"', entry)
        scenarios = scenario.group(1).split(",") if scenario else ["default"]
        outside = "TEST_F_LOCAL" not in entry and "TEST_F_MANUAL" not in entry
        if outside and sys.argv[2] in scenarios and entry[:4] not in numbers:
            numbers.append(entry[:4])
    print(*numbers)


main()
