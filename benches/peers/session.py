"""One session: a server is started on an empty directory, gets the whole load, and is stopped; everything it shows goes to the samples."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import machine
import processes
import servers
from clients import Clients
from processes import Failed
from samples import Key

SIZES = (100, 1024)
THROUGHPUT, LATENCY, FOOTPRINT, OWN = "throughput", "latency", "footprint", "own"
QUANTILES = ("p50", "p99", "p99.9")
MEMORY = {"VmRSS": "memory after the load (VmRSS)", "RssAnon": "of it, not of files (RssAnon)", "VmHWM": "memory at its peak (VmHWM)"}
# Fewer say nothing about a rate.
RECORDS_MIN = 5000


# The name of a workload holds its mode.
SMALL_BATCHES = f"{servers.DURABLE}, batches of 1 KiB"
SMALL_BATCHES_PRODUCER = ("batch.size=1024",)


def _durable_topic(name, size, partitions):
    words = name.replace(",", "").replace(" ", "-")
    return f"{words}-{size}-{partitions}"


def size_name(size):
    return f"{size // 1024} KiB" if size % 1024 == 0 else f"{size} B"


class Session:
    """One server in one round."""

    def __init__(self, context, kind, round_, samples, classes):
        self._context = context
        self._settings = context.settings
        self._kind = kind
        self._round = round_
        self._samples = samples
        self._classes = classes

    def run(self, scratch):
        """Everything, in a folder of its own under `scratch`."""
        folder = tempfile.mkdtemp(prefix="session-", dir=scratch)
        try:
            self._run(folder)
        except Failed as failed:
            self._fail("session", failed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, folder):
        self._prepare()
        with contextlib.ExitStack() as cleanup:
            self._server = self._kind.start(self._context, Path(folder))
            cleanup.callback(self._server.stop)
            self._add(FOOTPRINT, "start to the first answer", "ms", self._server.startup_ms)
            self._clients = Clients(self._context, self._classes, self._server.bootstrap, self._context.logs / f"{self._kind.short}-clients.log")
            self._clients.create(self._topics())
            self._warm_up()
            for partitions in self._settings.partitions:
                for size in SIZES:
                    self._page_cache(size, partitions)
                    self._durable(size, partitions)
            # Where a producer does not wait for batches of 16 KiB, and each of Kafka's waits for the disk.
            self._durable(SIZES[0], self._settings.partitions[-1], SMALL_BATCHES, SMALL_BATCHES_PRODUCER)
            for mode in servers.MODES:
                self._latency(mode)
            memory = self._server.memory_mib()
            for name, words in MEMORY.items():
                self._add(FOOTPRINT, words, "MiB", memory[name])
            self._own_load()

    def _topics(self):
        config = self._kind.topic_config
        modes = [("warm", servers.PAGE_CACHE), ("own", servers.DURABLE), ("latency-0", servers.MODES[0]), ("latency-1", servers.MODES[1])]
        topics = [(name, 1, config[mode]) for name, mode in modes]
        for partitions in self._settings.partitions:
            for size in SIZES:
                topics.append((f"cached-{size}-{partitions}", partitions, config[servers.PAGE_CACHE]))
                topics += self._durable_topics(servers.DURABLE, size, partitions)
        topics += self._durable_topics(SMALL_BATCHES, SIZES[0], self._settings.partitions[-1])
        return topics

    def _durable_topics(self, name, size, partitions):
        """What the rate is looked for on is not what is measured."""
        config = self._kind.topic_config[servers.DURABLE]
        return [(topic, partitions, config) for topic in (_durable_topic(name, size, partitions), f"pilot-{_durable_topic(name, size, partitions)}")]

    def _warm_up(self):
        """What a server compiles or allocates under its first load is not measured."""
        sent, _ = self._clients.pilot("warm", SIZES[0], self._settings.run_seconds)
        self._clients.consume("warm", max(sent * 9 // 10, 1))
        self._server.settle()

    def _page_cache(self, size, partitions):
        records = self._settings.records_of(size)
        topic = f"cached-{size}-{partitions}"
        sent = self._throughput("produce", size, servers.PAGE_CACHE, partitions, records, lambda: self._clients.produce(topic, size, records))
        if sent:
            self._throughput("consume", size, servers.PAGE_CACHE, partitions, records, lambda: self._clients.consume(topic, records))

    def _durable(self, size, partitions, name=servers.DURABLE, producer=()):
        """As many records as the server takes in the time, for a count that lasts one of them seconds would last the other minutes."""
        topic = _durable_topic(name, size, partitions)
        try:
            _, rate = self._clients.pilot(f"pilot-{topic}", size, self._settings.run_seconds, producer)
        except Failed as failed:
            return self._fail(f"rate of {size_name(size)}, {name}", failed)
        records = int(max(rate * self._settings.run_seconds, RECORDS_MIN))
        return self._throughput("produce", size, name, partitions, records, lambda: self._clients.produce(topic, size, records, producer))

    def _throughput(self, verb, size, mode, partitions, records, work):
        """Measures one run; whether it worked."""
        name = f"{verb} {size_name(size)}, {mode}, {partitions} partition{'s' if partitions > 1 else ''}"
        with self._measured(name) as measured:
            rate = work()
            measured.ended()
            self._add(THROUGHPUT, name, "records/s", rate)
            self._add(THROUGHPUT, name, "MB/s", rate * size / 1e6)
            self._add(THROUGHPUT, name, "broker CPU µs/record", measured.broker_seconds * 1e6 / records)
            self._add(THROUGHPUT, name, "client CPU µs/record", measured.client_seconds * 1e6 / records)
            return True
        return False

    def _latency(self, mode):
        size = SIZES[0]
        name = f"{size_name(size)}, {mode}"
        with self._measured(f"latency, {name}") as measured:
            found = self._clients.latency(f"latency-{servers.MODES.index(mode)}", size)
            measured.ended()
            if found["sent_per_second"] < 0.98 * self._settings.rate:
                self._samples.note(f"{self._kind.name}, latency, {name}: only {found['sent_per_second']:,.0f} records/s were kept up with")
            for part, words in (("acknowledgement", "acknowledgement"), ("end_to_end", "end to end")):
                for quantile in QUANTILES:
                    self._add(LATENCY, f"{words}, {name}, {quantile}", "ms", found[part][quantile])
            self._add(LATENCY, f"in and out, {name}", "broker CPU µs/record", measured.broker_seconds * 1e6 / found["records"])

    def _own_load(self):
        if not self._clients.has_own_load():
            self._samples.note("`headwater bench` does not take `--bootstrap` yet: its section is left out")
            return
        size = SIZES[0]
        name = f"{size_name(size)}, {servers.DURABLE}"
        with self._measured(f"headwater bench, {name}") as measured:
            produced, consumed = self._clients.own_load("own", size, self._settings.own_seconds)
            measured.ended()
            self._add(OWN, f"in, {name}", "records/s", produced["records_per_second"])
            self._add(OWN, f"out, {name}", "records/s", consumed["records_per_second"])
            self._add(OWN, f"in and out, {name}", "broker CPU µs/record", measured.broker_seconds * 1e6 / max(produced["records"], 1))
            self._add(OWN, f"in and out, {name}", "client CPU µs/record", measured.client_seconds * 1e6 / max(produced["records"], 1))
            for quantile, value in produced.get("acknowledgement_latency_ms", {}).items():
                if quantile in QUANTILES:
                    self._add(OWN, f"acknowledgement at that rate, {name}, {quantile}", "ms", value)

    @contextlib.contextmanager
    def _measured(self, name):
        """Around one run: warm memory, a machine at rest, its failure told; and nothing is left to be written afterwards."""
        machine.say(f"round {self._round}, {self._kind.name}: {name}")
        self._prepare()
        measured = _Measured(self._server)
        try:
            yield measured
        except Failed as failed:
            self._fail(name, failed)
            # Where the server is gone nothing that would come can be measured.
            self._server.cpu_seconds()
        finally:
            os.sync()

    def _prepare(self):
        machine.warm(self._settings.warm_gib)
        if not machine.rest(self._settings.idle_wait):
            self._samples.note("some runs began on a machine that was busy with other things")

    def _add(self, section, work, unit, value):
        self._samples.add(Key(section, work, unit), self._kind.name, self._round, value)

    def _fail(self, name, failed):
        machine.say(f"FAILED: {name}: {failed}")
        self._samples.failed = True
        self._samples.note(f"{self._kind.name}, {name}, round {self._round}: failed: {failed}")


class _Measured:
    """CPU time from now until `ended`."""

    def __init__(self, server):
        self._server = server
        self._broker, self._client = server.cpu_seconds(), processes.children_cpu_seconds()
        self.broker_seconds = self.client_seconds = 0.0

    def ended(self):
        self.client_seconds = processes.children_cpu_seconds() - self._client
        self._server.settle()
        self.broker_seconds = self._server.cpu_seconds() - self._broker
