"""Runs a command and says what it cost: wall time, CPU time of the whole process tree, peak memory."""

import dataclasses
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "bench"


# Nothing found, something found; Kingfisher says 200 for the latter.
ANSWERS = {0, 1, 200}


@dataclasses.dataclass
class Cost:
    wall: float
    cpu: float
    rss: float
    code: int

    def of_answer(self, name):
        """This cost, if the tool did its work: one that fails at once would look fast."""
        if self.code not in ANSWERS:
            sys.exit(f"{name} ended with {self.code}")
        return self


def cost(command, **options):
    """Peak memory is that of the largest process, and never below this script's own, which the child starts from."""
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options
    start = time.perf_counter()
    child = subprocess.Popen([str(word) for word in command], **options)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode)


def output(*command, **options):
    """What a command prints; its failure ends the benchmark."""
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, **options)
    if result.returncode:
        sys.exit(f"{command[0]} failed with {result.returncode}: {' '.join(map(str, command[1:]))}")
    return result.stdout.strip()


def spread(values, digits=2):
    """Median and range."""
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values)))
    return middle if low == high else f"{middle} ({low}–{high})"


def table(head, rows):
    """A Markdown table; the first column is text, the others are figures."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def machine():
    """One line on what was measured on."""
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        f"{os.cpu_count()} cores",
        model[1] if model else platform.machine(),
        f"{memory:.0f} GiB",
        f"{platform.system()} {platform.release().split('-')[0]}",
        output("git", "--version"),
        output("rustc", "--version").split(" (")[0],
        time.strftime("%Y-%m-%d", time.gmtime()),
        f"load {os.getloadavg()[0]:.1f} at the start",
    ]
    return ", ".join(parts) + "\n"
