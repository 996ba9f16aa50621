"""How much of the machine others took while something was measured."""

import os
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Others:
    """Watches from its making on; time that a hypervisor took away counts as others'."""

    def __init__(self, processes):
        self.processes = processes  # ids of those whose time is not others'
        self.start, self.busy, self.own = time.monotonic(), _busy(), self._own()

    def share(self):
        """Of all cores, 0 to 1."""
        everything = (time.monotonic() - self.start) * os.cpu_count()
        others = _busy() - self.busy - (self._own() - self.own)
        return min(1.0, max(0.0, others / everything))

    def _own(self):
        times = os.times()
        return times.user + times.system + sum(map(_used, self.processes))


def _busy():
    """Seconds of all cores that were not idle."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _, _, *rest = [int(field) for field in stat.readline().split()[1:9]]
    return (user + nice + system + sum(rest)) / TICKS


def _used(process):
    """Seconds of CPU time of a process; 0 if it has ended."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS
