"""stack: the whole system beside the one it replaces."""

from ..load import create_load, http_load, measure
from ..peers import build_python, start_fastapi, start_python_servidor
from ..process import stop
from ..servers import start_front, start_redis, start_servidor
from ..table import compare


def bench_stack(args):
    build_python()
    redis = start_redis(18079)
    servidor = start_servidor(18051, 18079)
    cliente, url = start_front("127.0.0.1:18051", 18000, has_u1=False)
    # One worker: a process each for HTTP, gRPC and Redis is that system as its README has it.
    python = start_python_servidor(18063, 18079)
    fastapi, fastapi_url = start_fastapi(18064, "127.0.0.1:18063", workers=1, has_u1=False)
    loads = {"get": (lambda users: http_load(users + "/u1", args.seconds), 7),
             "create": (lambda users: create_load(users, args.seconds), 5)}
    try:
        for name, (load, floor) in loads.items():
            compare(f"HTTP {name}: cliente, servidor, Redis, beside FastAPI, grpcio with redis-py, the same Redis",
                    args.rounds, lambda: measure([cliente, servidor, redis], lambda: load(url)),
                    lambda: measure([fastapi, python, redis], lambda: load(fastapi_url)),
                    peer_name="python", throughput_floor=floor, cpu_floor=0.14)
    finally:
        stop(fastapi, python, cliente, servidor, redis)
