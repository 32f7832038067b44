"""The peak memory of a process, for the Python sides of the benchmark: measure.ts has the same."""

import re
import resource
import sys
from pathlib import Path


def peak_mib():
    """The most memory that this process has had. (On Linux ru_maxrss would count its parent's.)"""
    try:
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (2**20 if sys.platform == "darwin" else 2**10)
