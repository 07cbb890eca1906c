"""The main job's expected output, computed without Headwater: reads an access log, prints one JSON object per minute and status class.

Usage: access_log.py FILE. Lines that are not in Apache's combined format are counted on standard error.
"""

import collections
import datetime
import json
import re
import sys

LINE = re.compile(rb'(\S+) \S+ \S+ \[([^\]]+)\] "(?:[^"\\]|\\.)*" (\d\d\d) (\d+|-) "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*"')


class Group:
    def __init__(self):
        self.requests = 0
        self.bytes = 0
        self.clients = set()


def main(path):
    groups = collections.defaultdict(Group)
    malformed = 0
    with open(path, "rb") as lines:
        for line in lines:
            match = LINE.fullmatch(line.rstrip(b"\n"))
            if match is None:
                malformed += 1
                continue
            client, time, status, size = match.groups()
            moment = datetime.datetime.strptime(time.decode(), "%d/%b/%Y:%H:%M:%S %z").astimezone(datetime.timezone.utc)
            group = groups[(moment.replace(second=0), status[:1].decode() + "xx")]
            group.requests += 1
            group.bytes += 0 if size == b"-" else int(size)
            group.clients.add(client)
    for (minute, status_class), group in sorted(groups.items()):
        row = {
            "window_start": minute.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "status_class": status_class,
            "requests": group.requests,
            "bytes": group.bytes,
            "clients": len(group.clients),
        }
        print(json.dumps(row))
    print(malformed, "malformed", file=sys.stderr)


main(sys.argv[1])
