"""grpc, http, watched: the profile `memory` under load."""

import tempfile
import urllib.request

from ..load import grpc_load, http_load, measure
from ..process import BUILD, start, stop
from ..servers import start_host, start_nginx
from ..table import compare, compare_at_once


def bench_grpc(args):
    host, _ = start_host(18051, 18000)
    peer = start([BUILD / "benchmarks/grpc_callback_server", "127.0.0.1:18052"], "listening")
    try:
        ours = lambda: measure([host], lambda: grpc_load(18051, args.seconds))
        theirs = lambda: measure([peer], lambda: grpc_load(18052, args.seconds))
        compare("gRPC ObterUsuario, beside a grpc++ callback server", args.rounds, ours, theirs, cpu_floor=1.1)
        compare_at_once("The same, both at once", args.rounds, ours, theirs)
    finally:
        stop(host, peer)


def bench_http(args):
    host, url = start_host(18051, 18000)
    body = urllib.request.urlopen(url + "/u1").read().decode()
    with tempfile.TemporaryDirectory() as folder:
        nginx = start_nginx(body, folder)
        try:
            compare(f"HTTP GET, {len(body)} bytes, beside nginx", args.rounds,
                    lambda: measure([host], lambda: http_load(url + "/u1", args.seconds)),
                    lambda: measure([nginx], lambda: http_load("http://127.0.0.1:18099/", args.seconds)),
                    throughput_floor=0.6, cpu_floor=2)
        finally:
            stop(host, nginx)


def bench_watched(args):
    on, on_url = start_host(18051, 18000)
    off, off_url = start_host(18053, 18002, "host.metrics.enabled=false", "host.log.requests=0")
    loads = {
        "HTTP GET": (lambda: http_load(on_url + "/u1", args.seconds), lambda: http_load(off_url + "/u1", args.seconds)),
        "gRPC ObterUsuario": (lambda: grpc_load(18051, args.seconds), lambda: grpc_load(18053, args.seconds)),
    }
    try:
        for name, (ours, theirs) in loads.items():
            compare(f"{name} with metrics and request log, beside both off", args.rounds,
                    lambda: measure([on], ours), lambda: measure([off], theirs), "on", "off")
            compare_at_once("The same, both at once", args.rounds, lambda: measure([on], ours),
                            lambda: measure([off], theirs))
    finally:
        stop(on, off)
