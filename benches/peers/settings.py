"""What the run is made of: every size and time, each from the environment variable of its name, with the defaults of a whole or of a quick run."""

import os
import sys
from dataclasses import dataclass, fields

# Of a whole run (about half an hour) and, with QUICK=1, of one that only shows that everything works.
DEFAULTS = {
    "rounds": (3, 1),
    "records": (4_000_000, 200_000),
    "run_seconds": (8.0, 2.0),
    "latency_seconds": (10.0, 3.0),
    "warmup_seconds": (4.0, 2.0),
    "own_seconds": (5.0, 3.0),
    "rate": (10_000, 10_000),
    "warm_gib": (6, 1),
    "idle_wait": (15.0, 0.0),
    "limit_seconds": (1800.0, 300.0),
}


@dataclass(frozen=True)
class Settings:
    """All of them, in the units that their names say."""

    # Pairs of sessions: Kafka, Headwater, Kafka, Headwater, ...
    rounds: int
    # Records of 100 bytes in a run that has a count; a quarter of them where they are larger.
    records: int
    # How long a run lasts whose count follows from the rate found before it. (Not SECONDS: bash counts in that.)
    run_seconds: float
    # What is measured and what goes before it at the fixed rate.
    latency_seconds: float
    warmup_seconds: float
    # The section of Headwater's own load generator.
    own_seconds: float
    # Records per second of the latency runs.
    rate: int
    # Memory touched before each run.
    warm_gib: int
    # How long a run waits for an idle machine.
    idle_wait: float
    # No round begins that would end later than this.
    limit_seconds: float
    # Of every topic; each is a row of its own.
    partitions: tuple[int, ...] = (1, 8)
    # Further producer settings of the throughput runs.
    producer: tuple[str, ...] = ()
    # Further entries of the servers' configurations, for both.
    server: tuple[str, ...] = ()
    # CPU lists for taskset; empty: wherever the system puts them.
    broker_cpus: str = ""
    client_cpus: str = ""
    # As Kafka's own start script has it.
    kafka_heap: str = "-Xmx1G -Xms1G"

    def records_of(self, size):
        """How many records of a size a run has."""
        return self.records if size <= 100 else max(self.records // 4, 1)


def _parse(kind, text):
    if kind == tuple[int, ...]:
        return tuple(int(word) for word in text.split())
    if kind == tuple[str, ...]:
        return tuple(text.split())
    return kind(text)


def from_environment():
    """The settings of this run; leaves with 2 where one of them is no such value."""
    quick = os.environ.get("QUICK", "0") not in ("", "0")
    values = {name: pair[quick] for name, pair in DEFAULTS.items()}
    for field in fields(Settings):
        text = os.environ.get(field.name.upper())
        if not text:
            continue
        try:
            values[field.name] = _parse(field.type, text)
        except ValueError:
            sys.exit(f"bench-peers: {field.name.upper()}={text!r} is no {getattr(field.type, '__name__', field.type)}")
    settings = Settings(**values)
    if settings.rounds < 1 or settings.records < 1 or settings.rate < 1 or not settings.partitions:
        sys.exit("bench-peers: ROUNDS, RECORDS, RATE and PARTITIONS are at least 1")
    return settings
