"""The samples as Markdown."""

from goals import goal_of
from samples import Key
from servers import DURABLE, HEADWATER, KAFKA, PAGE_CACHE
from session import FOOTPRINT, LATENCY, OWN, SIZES, THROUGHPUT, size_name

TITLES = {
    THROUGHPUT: "Throughput, as fast as one Java client can",
    LATENCY: "Latency at {rate:,} records/s, from the moment a record was due",
    FOOTPRINT: "Memory and start",
    OWN: "`headwater bench`: one producer and one consumer at once",
}
HEAD = [
    "| workload | unit | Kafka min | median | max | Headwater min | median | max | Headwater / Kafka | goal |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|---|",
]


def render(samples, settings):
    """All sections that have rows, and the notes."""
    lines = []
    for section, title in TITLES.items():
        keys = [key for key in samples.values if key.section == section]
        if not keys:
            continue
        lines += ["", f"### {title.format(rate=settings.rate)}", "", *HEAD]
        lines += [_row(samples, key) for key in keys]
        if section == LATENCY:
            lines += _across(samples)
    if samples.notes:
        lines += ["", "Notes:", ""]
        lines += [f"- {note}." for note in samples.notes]
    return "\n".join(lines)


def _row(samples, key):
    ours = samples.spread(key, HEADWATER.name)
    ratio = samples.ratio((key, HEADWATER.name), (key, KAFKA.name))
    cells = [*_cells(samples.spread(key, KAFKA.name), key.unit), *_cells(ours, key.unit), _ratio(ratio), _verdict(goal_of(key), ours, ratio)]
    return f"| {key.work} | {key.unit} | {' | '.join(cells)} |"


def _across(samples):
    """What is durable beside what is not: Headwater's own mode against Kafka's."""
    size = size_name(SIZES[0])
    lines = []
    for words in ("acknowledgement", "end to end"):
        ours = Key(LATENCY, f"{words}, {size}, {DURABLE}, p99", "ms")
        theirs = Key(LATENCY, f"{words}, {size}, {PAGE_CACHE}, p99", "ms")
        ratio = samples.ratio((ours, HEADWATER.name), (theirs, KAFKA.name))
        spread = samples.spread(ours, HEADWATER.name)
        goal = ("≤ Kafka", lambda median, ratio: ratio is not None and ratio <= 1)
        cells = [*_cells(samples.spread(theirs, KAFKA.name), "ms"), *_cells(spread, "ms"), _ratio(ratio), _verdict(goal, spread, ratio)]
        lines.append(f"| {words}, {size}, p99: Headwater {DURABLE}, Kafka {PAGE_CACHE} | ms | {' | '.join(cells)} |")
    return lines


def _cells(spread, unit):
    return [_number(value, unit) for value in spread] if spread else ["–"] * 3


def _number(value, unit):
    if unit == "records/s":
        return f"{value / 1e6:.2f} M" if value >= 1e6 else f"{value / 1e3:.0f} k" if value >= 1e4 else f"{value:,.0f}"
    if unit in ("MB/s", "MiB") or value >= 100:
        return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
    return f"{value:.2f}" if value >= 10 else f"{value:.3f}"


def _ratio(ratio):
    return "–" if ratio is None else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


def _verdict(goal, spread, ratio):
    if goal is None:
        return ""
    words, met = goal
    if spread is None:
        return f"{words}: not measured"
    return f"{words}: {'met' if met(spread[1], ratio) else 'MISSED'}"
