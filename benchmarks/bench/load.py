"""Loads: each runs for some seconds and returns how many requests were answered."""

import re
import struct
import subprocess
import sys
import tempfile
import time
import uuid

from .process import ROOT, cpu_seconds


def measure(processes, load):
    """Runs `load` and gives (requests a second, CPU us a request of the processes together)."""
    cpu = lambda: sum(cpu_seconds(process) for process in processes)
    before, began = cpu(), time.time()
    requests = load()
    return requests / (time.time() - began), (cpu() - before) / requests * 1e6


def grpc_load(port, seconds):
    body = tempfile.NamedTemporaryFile(delete=False)
    request = b"\x0a\x02u1"  # ObterUsuarioRequest{id: "u1"}
    body.write(b"\x00" + struct.pack(">I", len(request)) + request)
    body.close()
    printed = subprocess.run(
        ["h2load", "-c8", "-m32", "-t1", f"-D{seconds}", "-d", body.name, "-H", "content-type: application/grpc",
         "-H", "te: trailers", f"http://127.0.0.1:{port}/usuarios.Usuarios/ObterUsuario"],
        capture_output=True, text=True, check=True).stdout
    done = re.search(r"requests: \d+ total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed", printed)
    if not done or int(done[1]) == 0:
        sys.exit("benchmarks: h2load failed:\n" + printed)
    return int(done[1])


def http_load(url, seconds, connections=32, script=()):
    """`script` is a file that makes the requests, GET without one, and its arguments."""
    what = ["-s", script[0], url, "--", *script[1:]] if script else [url]
    printed = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *what], capture_output=True, text=True,
                             check=True).stdout
    if "Non-2xx" in printed or "Socket errors" in printed:
        sys.exit("benchmarks: wrk saw errors:\n" + printed)
    return int(re.search(r"(\d+) requests in", printed)[1])


def handshakes(url, seconds):
    """Connections by TLS, as many as it takes: a whole handshake each, and one request."""
    printed = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", "Connection: close", url],
                             capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed:
        sys.exit("benchmarks: wrk saw errors:\n" + printed)
    return int(re.search(r"(\d+) requests in", printed)[1])


def rated_load(url, seconds, connections, rate):
    """So many a second over connections of HTTP/1.1 that stay."""
    printed = subprocess.run(["h2load", "--h1", f"-c{connections}", "-t1", f"-D{seconds}",
                              f"--rps={rate // connections}", url], capture_output=True, text=True, check=True).stdout
    done = re.search(r"(\d+) succeeded, 0 failed", printed)
    if not done:
        sys.exit("benchmarks: h2load saw errors:\n" + printed)
    return int(done[1])


def rated_handshakes(url, seconds, rate):
    """The same, so many a second."""
    count, period_ms = rate * seconds, 20
    printed = subprocess.run(["h2load", "--h1", "-t1", f"-n{count}", f"-c{count}", f"-r{rate * period_ms // 1000}",
                              f"--rate-period={period_ms}ms", url], capture_output=True, text=True, check=True).stdout
    if f"{count} succeeded" not in printed:
        sys.exit("benchmarks: h2load failed:\n" + printed)


def create_load(url, seconds):
    """Creates users, each with an id that the service makes and an e-mail address of its own."""
    return http_load(url, seconds, script=(ROOT / "benchmarks/bench/create.lua", uuid.uuid4().hex))


def latencies(url, seconds, connections, rate):
    """Sorted times in us that `rate` requests a second were answered in, over keep-alive connections of HTTP/1.1."""
    log = tempfile.NamedTemporaryFile("r")
    subprocess.run(["h2load", "--h1", f"-c{connections}", "-t1", f"-D{seconds}", f"--rps={rate // connections}",
                    f"--log-file={log.name}", url], capture_output=True, check=True)
    lines = [line.split() for line in log.read().splitlines()]  # when, status, us
    if not lines or any(status != "200" for _, status, _ in lines):
        sys.exit("benchmarks: h2load saw errors")
    return sorted(int(took) for _, _, took in lines)
