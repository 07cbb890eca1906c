"""Apache Kafka and Headwater in turn, under the same load of the same Java client: `run.py HEADWATER JARS SCRATCH LOGS`.

Prints Markdown on standard output and what it does on standard error. Sessions alternate (Kafka, Headwater, Kafka, ...), each on an empty directory and with
only its own server running; memory is touched and the machine at rest before every run; the table has minimum, median and maximum of the rounds, and the
median of the ratios within rounds. Leaves with 1 where a run failed, not where a goal is missed.
"""

import datetime
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import clients
import machine
import servers
import settings as settings_module
import table
from processes import Failed
from samples import Samples
from session import SIZES, Session

# About what a run as fast as the client can writes.
DISK_BYTES_PER_SECOND = 130e6


def main():
    headwater, jars, scratch, logs = (Path(word) for word in sys.argv[1:5])
    settings = settings_module.from_environment()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    os.makedirs(scratch, exist_ok=True)
    machine.need_disk(scratch, _disk_bytes(settings))
    context = servers.Context(settings, jars, headwater, logs)
    samples = Samples()
    load_before, cpu, started = machine.load(), machine.Cpu(), time.monotonic()
    classes = tempfile.mkdtemp(prefix="classes-", dir=scratch)
    try:
        clients.compile_java(jars, classes, logs / "javac.log")
        rounds = _rounds(context, samples, classes, scratch, started)
    except Failed as failed:
        sys.exit(f"bench-peers: {failed}")
    finally:
        shutil.rmtree(classes, ignore_errors=True)
    _, stolen = cpu.shares()
    (logs / "samples.json").write_text(json.dumps(samples.as_json(), indent=1, ensure_ascii=False))
    minutes = (time.monotonic() - started) / 60
    plural = "s" if rounds > 1 else ""
    times = f"{rounds} round{plural} in {minutes:.1f} minutes; load {load_before} before, {machine.load()} after; {stolen:.1%} stolen"
    print(_heading(context, times))
    print(table.render(samples, settings))
    return 1 if samples.failed else 0


def _leave(number, _frame):
    """An end from outside runs every `finally`, once."""
    for other in (signal.SIGTERM, signal.SIGINT):
        signal.signal(other, signal.SIG_IGN)
    machine.say("ends early; stops what it started")
    sys.exit(128 + number)


def _rounds(context, samples, classes, scratch, started):
    """Runs the rounds that fit into the time; how many."""
    settings, longest = context.settings, 0.0
    for number in range(1, settings.rounds + 1):
        begun = time.monotonic()
        if begun - started + longest > settings.limit_seconds and number > 1:
            samples.note(f"ended after {number - 1} of {settings.rounds} rounds: LIMIT_SECONDS is {settings.limit_seconds:.0f}")
            return number - 1
        for kind in servers.KINDS:
            Session(context, kind, number, samples, classes).run(scratch)
        longest = max(longest, time.monotonic() - begun)
    return settings.rounds


def _disk_bytes(settings):
    """What a session may write at most: each size with its count, and twice at the rate that a disk takes, and what a journal holds besides."""
    counted = sum(settings.records_of(size) * (size + 20) for size in SIZES) * len(settings.partitions)
    timed = 2 * DISK_BYTES_PER_SECOND * settings.run_seconds * (len(SIZES) * len(settings.partitions) + 1)
    own = settings.own_seconds * 3e6 * 110
    return int(1.2 * (counted + timed + own)) + (1 << 30)


def _heading(context, times):
    settings = context.settings
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr.splitlines()
    cpus = f"broker on CPUs {settings.broker_cpus or 'any'}, clients on CPUs {settings.client_cpus or 'any'}"
    producer = ", ".join(["acks=all", *settings.producer])
    entries = ", ".join([*servers.SHARED_ENTRIES, *settings.server])
    cached = ", ".join(servers.HEADWATER.topic_config[servers.PAGE_CACHE])
    durable = ", ".join(servers.KAFKA.topic_config[servers.DURABLE])
    return f"""## Beside {servers.KAFKA.name}

Machine: {machine.describe()}. {datetime.date.today()}. {servers.version(context.headwater)}; {java[0] if java else "java"}; {times}; {cpus}.

Both servers: one node with {entries} and else its defaults, an empty directory on the same disk, topics of one replica; the Java client of
{servers.KAFKA.name} with its defaults and {producer}, for latencies with linger.ms=0. Page cache: Kafka's default, Headwater with {cached}.
Durable: Kafka with {durable}, Headwater's default. Kafka runs with {settings.kafka_heap} and the JVM options of its start script.
A run has {settings.records:,} records of 100 B or {settings.records_of(1024):,} of 1 KiB; a durable one as many as the server takes in
{settings.run_seconds:g} s.

Broker CPU is user and system time of the server process from before a run until it rests after it, by the records of the run; client CPU counts the start of
its JVM too. Throughput is that of ProducerPerformance (of the second half of the records) and ConsumerPerformance (without the time until the group had its
partitions). Memory is what `/proc` says after all runs. The start is from exec until Metadata is answered."""


if __name__ == "__main__":
    sys.exit(main())
