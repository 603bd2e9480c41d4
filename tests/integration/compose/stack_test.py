"""Runs the stack of compose.yml as people do, kills each of its containers under load, and looks for what is lost:
stack_test.py SOURCES. Takes the ports 8000 and 50051, and for Redis any that is free."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import grpc

ROOT = Path(sys.argv[1]).resolve()
PROJECT = "tomada_stack_test"
HEALTHY_WITHIN = 60  # seconds, after a kill; what is measured is printed
MAX_RUNTIME_LAYERS = 150e6
USERS = "http://127.0.0.1:8000/usuarios"


def run(*command, check=True):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout.strip()


def compose_command():
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        os.environ.update(DOCKER_BUILDKIT="1", COMPOSE_DOCKER_CLI_BUILD="1")
        return ["docker-compose"]
    sys.exit("stack_test: neither `docker compose` nor docker-compose is here")


def step(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Stack:
    def __init__(self, *files):
        self.command = compose_command() + ["-p", PROJECT, "--project-directory", ROOT]
        for name in files:
            self.command += ["-f", ROOT / name]

    def compose(self, *words, check=True):
        return run(*self.command, *words, check=check)

    def up(self):
        self.compose("up", "-d", "--build")
        self.wait_healthy("servidor", "cliente")

    def down(self):
        self.compose("down", "-v", check=False)

    def container(self, service):
        return self.compose("ps", "-q", service).split()[0]

    def health(self, service):
        return run("docker", "inspect", "-f", "{{if .State.Health}}{{.State.Health.Status}}{{end}}",
                   self.container(service))

    def wait_healthy(self, *services):
        deadline = time.time() + HEALTHY_WITHIN
        while any(self.health(service) != "healthy" for service in services):
            if time.time() > deadline:
                raise AssertionError(f"not healthy after {HEALTHY_WITHIN} s:\n" + self.compose("logs", "--tail", "20"))
            time.sleep(0.2)

    def crash(self, service):
        """As a crash would: `docker kill` counts as being stopped by hand, and then nothing is restarted."""
        container = self.container(service)
        before = run("docker", "inspect", "-f", "{{.State.Pid}} {{.RestartCount}}", container).split()
        os.kill(int(before[0]), signal.SIGKILL)
        deadline = time.time() + HEALTHY_WITHIN
        while int(run("docker", "inspect", "-f", "{{.RestartCount}}", container)) == int(before[1]):
            if time.time() > deadline:
                raise AssertionError(f"{service} was not restarted")
            time.sleep(0.1)


class Writer:
    """Creates users over HTTP until it is told to stop, and remembers those that were acknowledged."""

    def __init__(self, prefix):
        self.prefix, self.acknowledged, self.failures = prefix, [], 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        number = 0
        while not self.stopping.is_set():
            number += 1
            if create(f"{self.prefix}{number}"):
                self.acknowledged.append(f"{self.prefix}{number}")
            else:
                self.failures += 1
            time.sleep(0.01)

    def await_more(self, count):
        target, deadline = len(self.acknowledged) + count, time.time() + HEALTHY_WITHIN
        while len(self.acknowledged) < target:
            if time.time() > deadline:
                raise AssertionError("no user is acknowledged any more")
            time.sleep(0.05)

    def stop(self):
        self.stopping.set()
        self.thread.join()


def create(user):
    body = json.dumps({"id": user, "nome": "Ana", "email": f"{user}@x.br", "senha": "uma senha boa"}).encode()
    request = urllib.request.Request(USERS, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def stubs(folder):
    """The messages of usuarios.proto, as a Python client has them."""
    api = next(Path("/usr/share/gocode/src/github.com/gogo/googleapis").glob("google/api"))
    run("protoc", f"-I{ROOT / 'proto'}", f"-I{api.parent.parent}", f"--python_out={folder}",
        ROOT / "proto/usuarios.proto", api / "annotations.proto", api / "http.proto")
    sys.path.insert(0, str(folder))
    import usuarios_pb2
    return usuarios_pb2


def assert_all_there(pb, users):
    """Read one by one over gRPC."""
    with grpc.insecure_channel("127.0.0.1:50051") as channel:
        get = channel.unary_unary("/usuarios.Usuarios/ObterUsuario",
                                  request_serializer=pb.ObterUsuarioRequest.SerializeToString,
                                  response_deserializer=pb.ObterUsuarioResponse.FromString)
        for user in users:
            answer = get(pb.ObterUsuarioRequest(id=user), timeout=10, wait_for_ready=True)
            assert answer.usuario.id == user and not answer.usuario.senha, user


def assert_redis_is_published(stack):
    """Where TOMADA_REDIS says: 6379 may be taken by a Redis of this machine's own."""
    address, port = stack.compose("port", "redis", "6379").rsplit(":", 1)
    assert address == "127.0.0.1" and port != "6379", f"{address}:{port}"
    with socket.create_connection((address, int(port)), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(16) == b"+PONG\r\n"


def kill_each(stack, pb, prefix, services):
    writer = Writer(prefix)
    try:
        for service in services:
            writer.await_more(20)
            failures, killed = writer.failures, time.time()
            stack.crash(service)
            stack.wait_healthy("servidor", "cliente")
            healthy = time.time() - killed
            writer.await_more(20)
            step(f"{service} killed: everything healthy after {healthy:.1f} s, writes go on after "
                 f"{time.time() - killed:.1f} s, {writer.failures - failures} refused meanwhile")
    finally:
        writer.stop()
    assert_all_there(pb, writer.acknowledged)
    step(f"{len(writer.acknowledged)} acknowledged users are all there")


def assert_small():
    size = {name: int(run("docker", "image", "inspect", "-f", "{{.Size}}", name))
            for name in ("tomada", "debian:bookworm-slim")}
    layers = size["tomada"] - size["debian:bookworm-slim"]
    assert layers < MAX_RUNTIME_LAYERS, f"{layers / 1e6:.0f} MB over the base"
    step(f"image: {layers / 1e6:.0f} MB over the base")


def main():
    os.environ["TOMADA_REDIS"] = "127.0.0.1:0"
    with tempfile.TemporaryDirectory() as folder:
        pb = stubs(Path(folder))
        for files, prefix, services in ((["compose.yml"], "a", ["redis", "servidor", "cliente"]),
                                        (["compose.yml", "compose.sentinel.yml"], "b",
                                         ["redis", "sentinel1", "replica", "servidor", "cliente"])):
            stack = Stack(*files)
            stack.down()
            try:
                began = time.time()
                stack.up()
                step(f"{' + '.join(files)}: up and healthy after {time.time() - began:.0f} s")
                assert_small()
                assert_redis_is_published(stack)
                kill_each(stack, pb, prefix, services)
                began = time.time()
                stack.compose("stop")
                step(f"stopped in {time.time() - began:.1f} s")
            finally:
                stack.down()


if __name__ == "__main__":
    main()
