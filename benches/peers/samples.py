"""What was measured: for each row and server the values of all rounds, and what went wrong."""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """One row: a section of the table, the work with its mode, and the unit."""

    section: str
    work: str
    unit: str


class Samples:
    """Grows from session to session; rows keep the order in which they were first met."""

    def __init__(self):
        self.values = {}
        self.notes = []
        self.failed = False

    def add(self, key, server, round_, value):
        self.values.setdefault(key, {}).setdefault(server, {})[round_] = value

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def rounds(self, key, server):
        return self.values.get(key, {}).get(server, {})

    def spread(self, key, server):
        """Minimum, median and maximum; None where nothing was measured."""
        values = sorted(self.rounds(key, server).values())
        return (values[0], statistics.median(values), values[-1]) if values else None

    def ratio(self, ours, theirs):
        """The median of the rounds' ratios; both are (key, server). None where no round has both."""
        above, below = self.rounds(*ours), self.rounds(*theirs)
        ratios = [above[number] / below[number] for number in above if below.get(number)]
        return statistics.median(ratios) if ratios else None

    def as_json(self):
        rows = [{"section": key.section, "work": key.work, "unit": key.unit, "rounds": servers} for key, servers in self.values.items()]
        return {"rows": rows, "notes": self.notes}
