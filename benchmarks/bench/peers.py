"""Go's and Python's systems, built from Debian packages and the sources in benchmarks/peers."""

import os
import subprocess

from .process import BUILD, ROOT, WORKERS, start
from .servers import await_answer, create_u1

GO_PACKAGES = ["protobuf-compiler", "golang-go", "protoc-gen-go-1-3", "golang-grpc-gateway",
               "golang-github-grpc-ecosystem-grpc-gateway-dev", "golang-google-grpc-dev", "golang-google-genproto-dev",
               "golang-github-gogo-googleapis-dev"]
PYTHON_PACKAGES = ["protobuf-compiler", "protobuf-compiler-grpc", "python3-grpcio", "python3-protobuf",
                   "python3-fastapi", "python3-uvicorn", "python3-uvloop", "python3-httptools",
                   "golang-github-gogo-googleapis-dev"]
STACK_PACKAGES = [*PYTHON_PACKAGES, "python3-redis", "redis-server"]

SOURCES = ROOT / "benchmarks/peers"
GO = BUILD / "benchmarks/go"
PYTHON = BUILD / "benchmarks/python"
PYTHON_PATH = f"{PYTHON}:{SOURCES}/python"
GOCODE = "/usr/share/gocode"  # where Debian keeps Go's libraries
PROTOC = ["protoc", f"-I{ROOT}/proto", f"-I{GOCODE}/src/github.com/gogo/googleapis"]
# protoc's own files name newer Go packages than those that Debian's gateway is built with.
GO_IMPORTS = ",".join(f"M{proto}={package}" for proto, package in {
    "google/api/annotations.proto": "google.golang.org/genproto/googleapis/api/annotations",
    "google/protobuf/empty.proto": "github.com/golang/protobuf/ptypes/empty",
    "google/protobuf/field_mask.proto": "google.golang.org/genproto/protobuf/field_mask",
    "google/protobuf/timestamp.proto": "github.com/golang/protobuf/ptypes/timestamp",
}.items())


def build_go():
    generated = GO / "src/usuarios"
    generated.mkdir(parents=True, exist_ok=True)
    subprocess.run([*PROTOC, f"--go_out=plugins=grpc,{GO_IMPORTS}:{generated}",
                    f"--grpc-gateway_out={GO_IMPORTS}:{generated}", "usuarios.proto"], check=True)
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": f"{GO}:{GOCODE}", "GOCACHE": str(GO / "cache")}
    for program in "server", "gateway":
        subprocess.run(["go", "build", "-o", GO / program, SOURCES / "go" / program / "main.go"], env=environment,
                       check=True)


def start_go_server(port):
    return start([GO / "server", f"127.0.0.1:{port}"], "listening")


def start_go_gateway(port, server):
    """Its process and the URL of its users."""
    gateway = start([GO / "gateway", f"127.0.0.1:{port}", server], "listening")
    url = f"http://127.0.0.1:{port}/usuarios"
    await_answer(url + "/u1")
    return gateway, url


def build_python():
    PYTHON.mkdir(parents=True, exist_ok=True)
    subprocess.run([*PROTOC, f"--python_out={PYTHON}", f"--grpc_python_out={PYTHON}",
                    "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin",
                    "usuarios.proto", "google/api/annotations.proto", "google/api/http.proto"], check=True)


def start_python_server(port):
    """As many processes as cores."""
    return start(["/usr/bin/python3", SOURCES / "python/server.py", f"127.0.0.1:{port}", str(WORKERS)],
                 "(listening.*){%d}" % WORKERS, PYTHONPATH=PYTHON_PATH)


def start_python_servidor(port, redis_port):
    """One process, without users."""
    return start(["/usr/bin/python3", SOURCES / "python/servidor.py", f"127.0.0.1:{port}",
                  f"redis://127.0.0.1:{redis_port}"], "listening", PYTHONPATH=PYTHON_PATH)


def start_fastapi(port, server, workers=WORKERS, has_u1=True):
    """Its process, which has the workers', and the URL of its users."""
    app = start(["/usr/bin/python3", "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port),
                 "--workers", str(workers), "--no-access-log"], "(startup complete.*){%d}" % workers,
                PYTHONPATH=PYTHON_PATH, GRPC_SERVER=server)
    url = f"http://127.0.0.1:{port}/usuarios"
    await_answer(url + "/u1" if has_u1 else create_u1(url))
    return app, url
