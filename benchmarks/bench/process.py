"""Servers as processes: starting, stopping, and the CPU time they took."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build" / "release"
TICK = os.sysconf("SC_CLK_TCK")
WORKERS = os.cpu_count()


def need(packages):
    """Ends the program when Debian packages are not installed, with the command that installs them."""
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages],
                            capture_output=True, text=True).stdout.splitlines()
    missing = [package for package in packages if f"{package} installed" not in listed]
    if missing:
        sys.exit("benchmarks: packages are missing: apt-get install " + " ".join(missing))


def start(command, pattern, **environment):
    """Runs a server and waits for the line of its output that `pattern` finds."""
    log = tempfile.NamedTemporaryFile("w+", delete=False)
    free_admin = {"TOMADA_ADMIN": "127.0.0.1:0"}  # of a host: there may be two at once
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                               env={**os.environ, **free_admin, **environment})
    deadline = time.time() + 60
    while time.time() < deadline and process.poll() is None:
        found = re.search(pattern, Path(log.name).read_text(), re.DOTALL)
        if found:
            return process
        time.sleep(0.05)
    process.kill()
    sys.exit(f"benchmarks: {command[0]} did not start:\n{Path(log.name).read_text()}")


def stop(*processes):
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        process.wait(timeout=20)


def cpu_seconds(process):
    """User and system time of a process and its children that still run (the workers of nginx and of Python)."""
    def one(pid):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return one(process.pid) + sum(one(child) for child in children)
