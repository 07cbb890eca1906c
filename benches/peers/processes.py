"""Processes of the run: servers with their CPU time and memory, clients with theirs. Only what was started here is ever ended."""

import os
import resource
import signal
import socket
import struct
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
# A server that uses less than this share of a core has nothing left to do.
REST_SHARE = 0.10


class Failed(Exception):
    """A step did not work; the text says which and why."""


class Server:
    """A running server."""

    def __init__(self, command, port, log, patience):
        """Starts it, and waits until it answers; `startup_ms` is from the exec to the first answer to ApiVersions and Metadata."""
        self.bootstrap = f"127.0.0.1:{port}"
        with open(log, "wb") as output:
            started = time.monotonic()
            # In a session of its own: an interrupt at the terminal is for the run, which then ends the server.
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            self._wait(port, started + patience, log)
        except BaseException:
            self.stop()
            raise
        self.startup_ms = (time.monotonic() - started) * 1000

    def _wait(self, port, deadline, log):
        while True:
            if self._process.poll() is not None:
                raise Failed(f"the server ended with {self._process.returncode} while it started; {log}")
            try:
                return _answers(port)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Failed(f"the server does not answer: {error}; {log}") from error
            time.sleep(0.002)

    def cpu_seconds(self):
        """utime and stime of the process with all its threads."""
        if self._process.poll() is not None:
            raise Failed(f"the server ended with {self._process.returncode}")
        with open(f"/proc/{self._process.pid}/stat") as stat:
            # The name is in parentheses and may hold anything.
            words = stat.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def settle(self, seconds=5.0):
        """Waits until it rests, so that what a run left to be done counts for that run."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = self.cpu_seconds()
            time.sleep(0.3)
            if self.cpu_seconds() - before < 0.3 * REST_SHARE:
                return

    def memory_mib(self):
        """Resident memory now, its peak, and the part of now that belongs to no file."""
        values = {}
        with open(f"/proc/{self._process.pid}/status") as status:
            for line in status:
                name, _, text = line.partition(":")
                if name in ("VmRSS", "VmHWM", "RssAnon"):
                    values[name] = int(text.split()[0]) / 1024
        return values

    def stop(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                # Its data is thrown away, so nothing is lost.
                self._process.kill()
                self._process.wait()


def _answers(port):
    """Raises OSError unless ApiVersions (version 0) and Metadata (version 1), which names a broker, are answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        (error,) = struct.unpack_from(">h", _ask(connection, 18, 0, b""))
        if error:
            raise OSError(f"ApiVersions is answered with error {error}")
        # No topics: an empty array.
        (brokers,) = struct.unpack_from(">i", _ask(connection, 3, 1, struct.pack(">i", 0)))
        if brokers < 1:
            raise OSError("Metadata names no broker")


def _ask(connection, api_key, version, body):
    header = struct.pack(">hhih", api_key, version, 1, -1)
    connection.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
    (length,) = struct.unpack(">i", _read(connection, 4))
    return _read(connection, length)[4:]


def _read(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise OSError("the connection was closed")
        data += part
    return data


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def pinned(cpus, command):
    return ["taskset", "-c", cpus, *command] if cpus else command


def children_cpu_seconds():
    """CPU time of all ended children: a client's is the difference around it, for no server ends meanwhile."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command, log, timeout):
    """Runs a client to its end; its standard output. Everything it said is appended to the log."""
    with open(log, "a") as errors:
        errors.write(f"\n$ {' '.join(map(str, command))}\n")
        errors.flush()
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, text=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"no end after {timeout:.0f} s; {log}") from late
        errors.write(done.stdout)
    if done.returncode:
        raise Failed(f"left with {done.returncode}; {log}")
    return done.stdout
