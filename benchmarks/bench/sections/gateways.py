"""peers, remote: HTTP beside the gateways that others use."""

from ..load import http_load, measure
from ..peers import (build_go, build_python, start_fastapi, start_go_gateway, start_go_server, start_python_server)
from ..process import BUILD, start, stop
from ..servers import start_front, start_host
from ..table import compare


def bench_peers(args):
    build_go()
    build_python()
    host, url = start_host(18051, 18000)
    go = start_go_server(18061)
    gateway, gateway_url = start_go_gateway(18062, "127.0.0.1:18061")
    python = start_python_server(18063)
    fastapi, fastapi_url = start_fastapi(18064, "127.0.0.1:18063")
    ours = lambda: measure([host], lambda: http_load(url + "/u1", args.seconds))
    try:
        compare("HTTP GET, beside Go's grpc-gateway in front of grpc-go", args.rounds, ours,
                lambda: measure([gateway, go], lambda: http_load(gateway_url + "/u1", args.seconds)),
                peer_name="go", throughput_floor=5)
        compare("HTTP GET, beside FastAPI in front of grpcio", args.rounds, ours,
                lambda: measure([fastapi, python], lambda: http_load(fastapi_url + "/u1", args.seconds)),
                peer_name="fastapi", throughput_floor=30)
    finally:
        stop(fastapi, python, gateway, go, host)


def bench_remote(args):
    build_go()
    servers = {
        "grpc++": lambda: start([BUILD / "benchmarks/grpc_callback_server", "127.0.0.1:18061"], "listening"),
        "grpc-go": lambda: start_go_server(18061),
    }
    for name, start_server in servers.items():
        server = start_server()
        gateway, gateway_url = start_go_gateway(18062, "127.0.0.1:18061")
        front, url = start_front("127.0.0.1:18061", 18000)
        try:
            compare(f"HTTP GET in front of a {name} server, beside Go's grpc-gateway in front of the same", args.rounds,
                    lambda: measure([front], lambda: http_load(url + "/u1", args.seconds)),
                    lambda: measure([gateway], lambda: http_load(gateway_url + "/u1", args.seconds)),
                    peer_name="go", throughput_floor=2)
        finally:
            stop(front, gateway, server)
