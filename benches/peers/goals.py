"""What Headwater is to reach beside Kafka, each as the row it belongs to, its words, and whether a median meets it."""

from servers import DURABLE, PAGE_CACHE
from session import FOOTPRINT, OWN, THROUGHPUT

FLOOR, TARGET = 1e6, 3e6


def goal_of(key):
    """The words of a row's goal and a function of (median, ratio) that tells whether it is met; None where there is none."""
    rules = {
        (THROUGHPUT, "records/s"): _throughput,
        (THROUGHPUT, "broker CPU µs/record"): _cpu,
        (FOOTPRINT, "MiB"): _memory,
        (FOOTPRINT, "ms"): lambda key: ("< 200 ms", lambda median, ratio: median < 200),
        (OWN, "records/s"): lambda key: ("≥ 1 M, better 3 M", lambda median, ratio: median >= FLOOR),
    }
    rule = rules.get((key.section, key.unit))
    return rule(key) if rule else None


def _throughput(key):
    if DURABLE in key.work:
        return "≥ 10 × Kafka", lambda median, ratio: ratio is not None and ratio >= 10
    return "≥ Kafka", lambda median, ratio: ratio is not None and ratio >= 1


def _cpu(key):
    if PAGE_CACHE not in key.work:
        return None
    return "≤ 0.8 × Kafka", lambda median, ratio: ratio is not None and ratio <= 0.8


def _memory(key):
    if "VmRSS" not in key.work:
        return None
    return "≤ Kafka / 20", lambda median, ratio: ratio is not None and ratio <= 0.05
