"""Waits until a server answers the Kafka protocol: `wait_for_broker.py HOST:PORT SECONDS [--pid PID]`.

Asks for ApiVersions (version 0) and then for Metadata (version 1) until the answer names a broker. Leaves with 1 when the time is over or the
process is gone. Uses no client library: it says something about the server only.
"""

import os
import socket
import struct
import sys
import time


def ask(connection, api_key, version, body):
    """Sends one request with a version 1 header and returns the answer's body."""
    client = b"wait"
    request = struct.pack(">hhih", api_key, version, 7, len(client)) + client + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    (length,) = struct.unpack(">i", read(connection, 4))
    answer = read(connection, length)
    (correlation,) = struct.unpack(">i", answer[:4])
    if correlation != 7:
        raise OSError(f"correlation id {correlation} instead of 7")
    return answer[4:]


def read(connection, count):
    parts = b""
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise OSError("the connection was closed")
        parts += part
    return parts


def answers(host, port):
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.settimeout(5)
        (error,) = struct.unpack(">h", ask(connection, 18, 0, b"")[:2])
        if error:
            raise OSError(f"ApiVersions answered error {error}")
        # No topics: an empty array.
        (brokers,) = struct.unpack(">i", ask(connection, 3, 1, struct.pack(">i", 0))[:4])
        if brokers < 1:
            raise OSError("Metadata names no broker")


def alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    pid = int(sys.argv[4]) if sys.argv[3:4] == ["--pid"] else None
    deadline = time.monotonic() + float(sys.argv[2])
    while True:
        try:
            answers(host, int(port))
            return 0
        except OSError as error:
            reason = error
        if pid is not None and not alive(pid):
            print(f"wait_for_broker: process {pid} has ended", file=sys.stderr)
            return 1
        if time.monotonic() > deadline:
            print(f"wait_for_broker: {host}:{port} does not answer: {reason}", file=sys.stderr)
            return 1
        time.sleep(0.1)


sys.exit(main())
