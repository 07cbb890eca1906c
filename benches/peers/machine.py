"""The machine around the measurements: warm memory, rest before a run, and what the table says of it."""

import mmap
import os
import platform
import shutil
import subprocess
import sys
import time

# Touches so many GiB and leaves: a machine whose host takes free pages back gives them slowly the first time.
_TOUCH = "import mmap, sys\nn = int(sys.argv[1]) << 30\nm = mmap.mmap(-1, n, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\nm[::4096] = b'1' * (n // 4096)"
IDLE = 0.85


def say(text):
    print(f"bench-peers: {text}", file=sys.stderr, flush=True)


def warm(gibibytes):
    """Touches memory in a child, at most half of what is available."""
    available = os.sysconf("SC_AVPHYS_PAGES") * mmap.PAGESIZE
    with open("/proc/meminfo") as meminfo:
        for line in meminfo:
            if line.startswith("MemAvailable:"):
                available = int(line.split()[1]) << 10
    gibibytes = min(gibibytes, (available >> 30) // 2)
    if gibibytes > 0:
        subprocess.run([sys.executable, "-c", _TOUCH, str(gibibytes)], check=True)


class Cpu:
    """The counters of all CPUs from a moment on."""

    def __init__(self):
        self._before = self._read()

    @staticmethod
    def _read():
        with open("/proc/stat") as stat:
            return [int(word) for word in stat.readline().split()[1:9]]

    def shares(self):
        """Idle (with waiting for disks) and stolen shares since the beginning."""
        passed = [now - before for now, before in zip(self._read(), self._before)]
        whole = sum(passed) or 1
        return (passed[3] + passed[4]) / whole, passed[7] / whole


def rest(seconds):
    """Waits until the machine is idle, at most so long; whether it is."""
    deadline = time.monotonic() + seconds
    while True:
        cpu = Cpu()
        time.sleep(0.5)
        if cpu.shares()[0] >= IDLE:
            return True
        if time.monotonic() >= deadline:
            return False


def need_disk(folder, count):
    """Leaves with 1 where a folder has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if free < count:
        sys.exit(f"bench-peers: {folder} has {free / 1e9:.1f} GB free and {count / 1e9:.1f} GB are needed; fewer RECORDS need less")


def load():
    with open("/proc/loadavg") as loadavg:
        return " ".join(loadavg.read().split()[:3])


def describe():
    """One line: cores, processor, memory, system."""
    model, memory = "unknown processor", 0
    with open("/proc/cpuinfo") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PHYS_PAGES") * mmap.PAGESIZE / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Linux {platform.release()}"
