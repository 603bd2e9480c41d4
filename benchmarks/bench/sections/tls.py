"""tls: what TLS costs on connections that stay, and what new ones cost those that are there."""

import resource
import tempfile
import threading

from ..load import handshakes, http_load, latencies, measure, rated_handshakes
from ..process import stop
from ..servers import make_certificates, start_host, start_tls_host
from ..table import compare, print_medians

CONNECTIONS, RATE = 8, 1000  # of those that are there
WANTED = 1000  # handshakes a second on one core


def bench_kept(args, certificates):
    tls, tls_url = start_tls_host(18051, 18000, certificates)
    clear, clear_url = start_host(18053, 18002)
    try:
        compare("HTTP GET by TLS, beside clear text", args.rounds,
                lambda: measure([tls], lambda: http_load(tls_url + "/u1", args.seconds)),
                lambda: measure([clear], lambda: http_load(clear_url + "/u1", args.seconds)), "TLS", "clear",
                cpu_floor=1.25)
    finally:
        stop(tls, clear)


def bench_new(args, certificates):
    """One worker: of the machine's cores the others are the clients'."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    host, url = start_tls_host(18051, 18000, certificates, "components.http.config.workers=1")
    url += "/u1"

    def percentile():
        times = latencies(url, args.seconds, CONNECTIONS, RATE)
        return times[len(times) * 99 // 100]

    print(f"\nNew connections by TLS, one request each, beside {RATE} requests a second on connections that stay")
    print(f"{'round':>5} {'handshakes/s':>13} {'CPU us':>8} {'p99 us':>8} {'p99 us alone':>13}")
    rates, costs, p99 = [], [], []
    try:
        percentile()  # the first one is of a cold process
        for number in range(1, args.rounds + 1):
            alone = percentile()
            rate, cpu = measure([host], lambda: handshakes(url, args.seconds))
            disturbance = threading.Thread(target=rated_handshakes, args=(url, args.seconds + 1, WANTED))
            disturbance.start()
            beside = percentile()
            disturbance.join()
            print(f"{number:>5} {rate:>13.0f} {cpu:>8.0f} {beside:>8} {alone:>13}", flush=True)
            rates.append(rate / WANTED)
            costs.append(cpu)
            p99.append(beside / alone)
    finally:
        stop(host)
    print_medians({"handshakes, thousands a second": (rates, "at least", 1), "p99": (p99, "at most", 2)})


def bench_tls(args):
    with tempfile.TemporaryDirectory() as folder:
        certificates = make_certificates(folder)
        bench_kept(args, certificates)
        bench_new(args, certificates)
