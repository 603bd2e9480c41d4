"""redis, behind, rocksdb: the stores."""

import hashlib
import re
import subprocess
import tempfile

from ..load import grpc_load, http_load, measure
from ..process import BUILD, ROOT, stop
from ..servers import start_host, start_redis
from ..table import compare


def redis_load(operation, seconds, url="redis://127.0.0.1:18079", *ca):
    printed = subprocess.run([BUILD / "benchmarks/redis_load", url, operation, str(seconds), *ca], capture_output=True,
                             text=True, check=True).stdout
    found = re.match(r"(\d+) calls/s, ([\d.]+) CPU us/call, ([\d.]+) allocations/call", printed)
    print(f"      {operation}: {found[3]} allocations a call, those of the caller and of the record included")
    return float(found[1]), None


def redis_benchmark(requests, *command):
    printed = subprocess.run(["redis-benchmark", "-p", "18079", "-P", "16", "-c", "50", "-n", str(requests),
                              "--csv", *command], capture_output=True, text=True, check=True).stdout
    return float(printed.strip().splitlines()[-1].split('","')[1].strip('"')), None


def insert_script():
    """An insert as redis_store makes it, for redis-benchmark: the arguments of EVALSHA."""
    source = (ROOT / "plugins/stores/redis_store/write_script.cpp").read_text()
    script = re.search(r'R"lua\((.*?)\)lua"', source, re.DOTALL)[1]
    subprocess.run(["redis-cli", "-p", "18079", "SCRIPT", "LOAD", script], check=True, capture_output=True)
    tag, some = "tomada:{usuarios/7}", "__rand_int__"
    unique = f"tomada:u:usuarios:email:{{0123456789abcdef}}:{some}@x.br"
    body = "\x01\x05email0123456789abcdef\x01\x01\x01\x16" + some + "@x.br" + "v" * 100
    return ["EVALSHA", hashlib.sha1(script.encode()).hexdigest(), "6", f"{tag}:r:{some}", f"{tag}:l", f"{tag}:x",
            f"{tag}:s", f"{tag}:o:{some}", unique, "insert", "", some, "0123456789abcdef", "", "3600000", "0", "54321",
            "tomada:u:usuarios:", body, "email"]


def bench_redis(args):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key",
                        "-out", f"{folder}/pem"], check=True, capture_output=True)
        bench_redis_with(args, f"{folder}/pem", f"{folder}/key")


def bench_redis_with(args, certificate, key):
    server = start_redis(18079, "--tls-port", "18080", "--tls-cert-file", certificate, "--tls-key-file", key,
                         "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no")
    try:
        insert = insert_script()
        redis_benchmark(100_000, "-r", "10000", "-d", "150", "-t", "set")  # so that its reads find something
        # As many requests as take about as long as ours.
        compare("redis_store get, beside redis-benchmark GET -P 16", args.rounds,
                lambda: redis_load("get", args.seconds),
                lambda: redis_benchmark(300_000 * args.seconds, "-r", "10000", "-t", "get"), throughput_floor=0.7)
        compare("redis_store insert, beside redis-benchmark with the same script", args.rounds,
                lambda: redis_load("insert", args.seconds),
                lambda: redis_benchmark(20_000 * args.seconds, "-r", "1000000000", *insert), throughput_floor=0.5)
        for operation in ("get", "insert"):
            compare(f"redis_store {operation} by TLS, beside the same without", args.rounds,
                    lambda: redis_load(operation, args.seconds, "rediss://127.0.0.1:18080", certificate),
                    lambda: redis_load(operation, args.seconds), "TLS", "clear", throughput_floor=0.7)
    finally:
        stop(server)


def bench_behind(args):
    server = start_redis(18079)
    memory, memory_url = start_host(18051, 18000)
    redis, redis_url = start_host(18053, 18002, "components.store.plugin=redis_store",
                                  "components.store.config.url=redis://127.0.0.1:18079")
    try:
        compare("gRPC ObterUsuario with Redis behind it, beside the memory store", args.rounds,
                lambda: measure([redis], lambda: grpc_load(18053, args.seconds)),
                lambda: measure([memory], lambda: grpc_load(18051, args.seconds)), "redis", "memory",
                throughput_floor=0.7)
        for connections, floor in ((32, 0.6), (256, 0.8)):
            compare(f"HTTP GET with Redis behind it, {connections} connections, beside the memory store", args.rounds,
                    lambda: measure([redis], lambda: http_load(redis_url + "/u1", args.seconds, connections)),
                    lambda: measure([memory], lambda: http_load(memory_url + "/u1", args.seconds, connections)),
                    "redis", "memory", throughput_floor=floor)
    finally:
        stop(redis, memory, server)


def bench_rocksdb(args):
    for title, sync_time in (("a disk of 4,000 syncs a second at most; its floor is 8", ["250"]), ("this disk", [])):
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:  # on the disk of the sources: /tmp may be memory
            print(f"\nSynced inserts, 64 at once, beside the bare syncs of {title}", flush=True)
            subprocess.run([BUILD / "benchmarks/synced_inserts", folder, str(args.seconds), str(args.rounds),
                            *sync_time], check=True)
