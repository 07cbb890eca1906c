"""Stands in for `test/service.py` of kafka-python, which its source package lacks: the services of its fixtures, for a server that runs already."""


class ExternalService:
    """A server that someone else has started."""

    def __init__(self, host, port):
        self.host = host
        self.port = port

    def open(self):
        pass

    def close(self):
        pass

    def dump_logs(self):
        pass

    def wait_for(self, pattern, timeout=30):
        pass


class SpawnedService:
    """A server that the fixtures would start themselves: never the case here."""

    def __init__(self, args=(), env=None):
        raise RuntimeError(f"asked to start {args}: the tests run against a server that is there")
