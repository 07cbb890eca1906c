"""The servers that are compared: how each is started on an empty data directory, and which topic configuration means what."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import processes

# The modes of durability, in the order of the runs.
PAGE_CACHE = "page cache"
DURABLE = "durable"
MODES = (PAGE_CACHE, DURABLE)

# What Kafka's bin/kafka-run-class.sh gives the broker besides its heap.
KAFKA_JVM = ["-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"]
# Groups begin at once; both servers know the key.
SHARED_ENTRIES = ("group.initial.rebalance.delay.ms=0",)


@dataclass(frozen=True)
class Kind:
    """One of the servers."""

    name: str
    # In names of files.
    short: str
    # The topic configuration of each mode.
    topic_config: dict
    # (context, folder) to a running `processes.Server`; the folder is new and empty.
    start: object


@dataclass(frozen=True)
class Context:
    """What starting needs."""

    settings: object
    jars: Path
    headwater: Path
    logs: Path


def start_headwater(context, folder):
    port = processes.free_port()
    command = [str(context.headwater), "server", "--data-dir", str(folder / "data"), "--listen", f"127.0.0.1:{port}"]
    for entry in (*SHARED_ENTRIES, *context.settings.server):
        command += ["--set", entry]
    return processes.Server(processes.pinned(context.settings.broker_cpus, command), port, context.logs / "headwater.log", 60)


def start_kafka(context, folder):
    """A single node of Apache Kafka; formatting its directory is no part of its start."""
    broker, controller = processes.free_port(), processes.free_port()
    properties = folder / "server.properties"
    properties.write_text("\n".join([*_kafka_entries(folder, broker, controller), *SHARED_ENTRIES, *context.settings.server, ""]))
    java = ["java", "-cp", f"{context.jars}/*"]
    storage = [*java, "kafka.tools.StorageTool"]
    cluster = processes.run([*storage, "random-uuid"], context.logs / "kafka-format.log", 60).strip().splitlines()[-1]
    processes.run([*storage, "format", "--standalone", "-t", cluster, "-c", str(properties)], context.logs / "kafka-format.log", 60)
    options = [*context.settings.kafka_heap.split(), *KAFKA_JVM, "-Djava.awt.headless=true"]
    command = [*java, *options, "kafka.Kafka", str(properties)]
    return processes.Server(processes.pinned(context.settings.broker_cpus, command), broker, context.logs / "kafka.log", 90)


def _kafka_entries(folder, broker, controller):
    """What a single node needs; all else is Kafka's default."""
    return [
        "process.roles=broker,controller",
        "node.id=0",
        f"controller.quorum.bootstrap.servers=127.0.0.1:{controller}",
        f"listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}",
        f"advertised.listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}",
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names=CONTROLLER",
        "inter.broker.listener.name=PLAINTEXT",
        f"log.dirs={folder / 'data'}",
        "offsets.topic.replication.factor=1",
        "transaction.state.log.replication.factor=1",
        "transaction.state.log.min.isr=1",
        "share.coordinator.state.topic.replication.factor=1",
        "share.coordinator.state.topic.min.isr=1",
    ]


KAFKA = Kind("Apache Kafka 4.3.1", "kafka", {PAGE_CACHE: (), DURABLE: ("flush.messages=1",)}, start_kafka)
HEADWATER = Kind("Headwater", "headwater", {PAGE_CACHE: ("headwater.flush=os",), DURABLE: ()}, start_headwater)
# The order of every round.
KINDS = (KAFKA, HEADWATER)


def version(headwater):
    """What the program says it is."""
    done = subprocess.run([str(headwater), "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "headwater (no version told)"
