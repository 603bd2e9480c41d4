"""slow: what clients that are slow cost the others."""

import resource
import sys

from ..load import latencies
from ..process import ROOT, start, stop
from ..servers import start_host
from ..table import print_medians

CLIENTS = 1000
CONNECTIONS, RATE = 8, 2000  # of the others


def percentiles(url, seconds):
    """p50 and p99 in us."""
    times = latencies(url, seconds, CONNECTIONS, RATE)
    return times[len(times) // 2], times[len(times) * 99 // 100]


def with_slow_clients(port, load):
    clients = start([sys.executable, ROOT / "benchmarks/bench/slow_clients.py", str(port), str(CLIENTS)], "connected")
    try:
        return load()
    finally:
        stop(clients)


def bench_slow(args):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    host, url = start_host(18051, 18000)
    load = lambda: percentiles(url + "/u1", args.seconds)
    print(f"\nHTTP GET, {RATE} a second, beside the same with {CLIENTS} slow clients")
    print(f"{'round':>5} {'':10} {'p50 us':>8} {'p99 us':>8}")
    p50, p99 = [], []
    try:
        load()  # the first one is of a cold process
        for number in range(1, args.rounds + 1):
            alone = load() if number % 2 else None
            slowed = with_slow_clients(18000, load)
            alone = alone or load()
            for name, times in ("alone", alone), ("with slow", slowed):
                print(f"{number:>5} {name:10} {times[0]:>8} {times[1]:>8}", flush=True)
            p50.append(slowed[0] / alone[0])
            p99.append(slowed[1] / alone[1])
    finally:
        stop(host)
    print_medians({"p50": (p50, "at most", 1.5), "p99": (p99, "at most", 1.5)})
