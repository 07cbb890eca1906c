"""The load: Apache Kafka's performance tools from its jars, two small Java programs of our own beside them, and `headwater bench`."""

import json
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import processes
from processes import Failed

# As kafka-producer-perf-test.sh and kafka-consumer-perf-test.sh have it.
HEAP = "-Xmx512M"
# Kafka's scripts give their clients the broker's options; its tools log to stderr with the backend among the jars.
JVM = ["-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
TOOLS = "org.apache.kafka.tools"
# A client that takes longer hangs.
PATIENCE = 180
SUMMARY = re.compile(r"^(\d+) records sent, ([0-9.]+) records/sec .*50th", re.MULTILINE)
STEADY = re.compile(r"^(\d+) steady state records sent, ([0-9.]+) records/sec", re.MULTILINE)
WINDOW = re.compile(r"^(\d+) records sent, ([0-9.]+) records/sec .*max latency\.\s*$", re.MULTILINE)


class Clients:
    """Clients of one server."""

    def __init__(self, context, classes, bootstrap, log):
        self._settings = context.settings
        self._headwater = context.headwater
        self._java = ["java", HEAP, *JVM, "-cp", f"{classes}:{context.jars}/*"]
        self._bootstrap = bootstrap
        self._log = log

    def create(self, topics):
        """Topics as (name, partitions, configuration entries)."""
        words = [":".join([name, str(partitions), *config]) for name, partitions, config in topics]
        self._run([*self._java, "PeerTopics", self._bootstrap, *words], 90)

    def produce(self, topic, size, records, producer=()):
        """Records per second in the second half: the first one is what the client's compiler needs."""
        command = [*self._producer(topic, size, records, producer), "--warmup-records", str(records // 2)]
        said = self._run(command, PATIENCE)
        summary, steady = SUMMARY.search(said), STEADY.search(said)
        if not summary or not steady or int(summary[1]) != records:
            raise Failed(f"ProducerPerformance has not sent {records} records; {self._log}")
        return float(steady[2])

    def pilot(self, topic, size, seconds, producer=()):
        """Produces for so long from its first reported second on; records sent at least, and the best rate of a second."""
        command = [*self._producer(topic, size, 1_000_000_000, producer), "--reporting-interval", "1000"]
        windows, deadline = [], time.monotonic() + PATIENCE
        with open(self._log, "a") as errors:
            errors.write(f"\n$ {' '.join(command)}\n")
            errors.flush()
            client = subprocess.Popen(self._pinned(command), stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, text=True)
            # A client that says nothing is ended by the clock.
            clock = threading.Timer(PATIENCE, client.kill)
            clock.start()
            try:
                for line in client.stdout:
                    errors.write(line)
                    windows += [(int(count), float(rate)) for count, rate in WINDOW.findall(line)]
                    # The first one holds the connecting.
                    if len(windows) > max(seconds, 1) or time.monotonic() > deadline:
                        break
            finally:
                clock.cancel()
                _end(client)
        if len(windows) < 2:
            raise Failed(f"ProducerPerformance told no rate; {self._log}")
        return sum(count for count, _ in windows), max(rate for _, rate in windows)

    def consume(self, topic, records):
        """Records per second without the time until the group had its partitions."""
        command = [*self._java, f"{TOOLS}.ConsumerPerformance", "--bootstrap-server", self._bootstrap, "--topic", topic]
        command += ["--num-records", str(records), "--timeout", "20000", "--hide-header"]
        said = self._run(command, PATIENCE)
        words = said.strip().splitlines()[-1].split(", ") if said.strip() else []
        if len(words) != 10 or int(words[4]) < records:
            raise Failed(f"ConsumerPerformance has not read {records} records; {self._log}")
        return float(words[9])

    def latency(self, topic, size):
        """Latencies at the fixed rate, in milliseconds: of the acknowledgement and end to end."""
        settings = self._settings
        times = [str(settings.rate), str(settings.warmup_seconds), str(settings.latency_seconds)]
        # Nothing is lingered for: the server's part is to be seen.
        said = self._run([*self._java, "PeerLatency", self._bootstrap, topic, *times, str(size), "acks=all", "linger.ms=0"], PATIENCE)
        return json.loads(said)

    def has_own_load(self):
        """Whether the program has `bench`, and it takes an address."""
        done = subprocess.run([str(self._headwater), "bench", "produce", "--help"], capture_output=True, text=True, check=False)
        return done.returncode == 0 and "--bootstrap" in done.stdout

    def own_load(self, topic, size, seconds):
        """One producer and one consumer of `headwater bench` at once; what each of them reports."""
        bench = [str(self._headwater), "bench"]
        ends = ["--duration", f"{seconds:g}s", "--bootstrap", self._bootstrap, "--json"]
        commands = [[*bench, "consume", topic, *ends], [*bench, "produce", topic, "--record-size", str(size), *ends]]
        running = []
        with open(self._log, "a") as errors:
            try:
                for command in commands:
                    errors.write(f"\n$ {' '.join(command)}\n")
                    errors.flush()
                    running.append(subprocess.Popen(self._pinned(command), stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, text=True))
                said = [client.communicate(timeout=seconds + 60)[0] for client in running]
            except subprocess.TimeoutExpired as late:
                raise Failed(f"headwater bench does not end; {self._log}") from late
            finally:
                for client in running:
                    _end(client)
            errors.writelines(said)
        if any(client.returncode for client in running):
            raise Failed(f"headwater bench left with {[client.returncode for client in running]}; {self._log}")
        consumed, produced = (json.loads(text) for text in said)
        return produced, consumed

    def _producer(self, topic, size, records, producer):
        command = [*self._java, f"{TOOLS}.ProducerPerformance", "--bootstrap-server", self._bootstrap, "--topic", topic]
        command += ["--num-records", str(records), "--record-size", str(size), "--throughput", "-1"]
        return [*command, "--command-property", "acks=all", *self._settings.producer, *producer]

    def _pinned(self, command):
        return processes.pinned(self._settings.client_cpus, command)

    def _run(self, command, timeout):
        return processes.run(self._pinned(command), self._log, timeout)


def _end(client):
    client.terminate()
    try:
        client.wait(10)
    except subprocess.TimeoutExpired:
        client.kill()
        client.wait()


def compile_java(jars, classes, log):
    """Our two programs."""
    if not shutil.which("javac"):
        raise Failed("no javac on the PATH")
    sources = sorted(str(file) for file in (Path(__file__).parent / "java").glob("*.java"))
    processes.run(["javac", "-nowarn", "-d", str(classes), "-cp", f"{jars}/*", *sources], log, 120)
