"""Usage: out_of_tree.py CMAKE BUILD PROJECT WORK

Installs BUILD under WORK, builds PROJECT against that copy alone, runs its test, and calls its services through three
transports and its transport's services in the installed host.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

cmake, build, project, work = sys.argv[1:]
work = pathlib.Path(work)
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
os.umask(0o022)  # the host loads no plugin that others may write
prefix = work / "prefix"


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


run(cmake, "--install", build, "--prefix", prefix)
run(cmake, "-S", project, "-B", work / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
    f"-DCMAKE_PREFIX_PATH={prefix}")
run(cmake, "--build", work / "build")
run("ctest", "--test-dir", work / "build", "--output-on-failure")
run(cmake, "--install", work / "build", "--prefix", prefix)

log = work / "log"
key = work / "key"
key.write_text("s3nha\n")
key.chmod(0o600)
with log.open("w") as stderr:
    host = subprocess.Popen([prefix / "bin/tomada", "run", "--config", pathlib.Path(project) / "profile.yaml"],
                            stderr=stderr, env={**os.environ, "CHAVE": str(key.resolve())})
try:
    deadline = time.time() + 60
    while "host: ready" not in log.read_text():
        if host.poll() is not None or time.time() > deadline:
            sys.exit("the host is not ready:\n" + log.read_text())
        time.sleep(0.05)
    port = {name: int(number) for name, number in re.findall(r"(\w+): listening address=\S+:(\d+)", log.read_text())}

    def post(path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{port['http']}{path}", body,
                                         {"Content-Type": "application/json"})
        return urllib.request.urlopen(request, timeout=20).read()

    post("/usuarios", b'{"id": "ana", "nome": "Ana", "email": "ana@example.com"}')
    ola, nobody, ana = b"\x0a\x03ola", b"\x0a\x06nobody", b"\x0a\x03ana"
    with socket.create_connection(("127.0.0.1", port["line"]), timeout=20) as client:
        lines = client.makefile("rw")
        for method, sent, code, told in (("eco.Eco/Repetir", ola, 0, ola),
                                         ("usuarios.Usuarios/ObterUsuario", nobody, 5, b"no user with this id"),
                                         ("eco.Saudador/Saudar", ana, 0, b"\x0a\x09Ola, Ana!"),
                                         ("eco.Saudador/Saudar", nobody, 5, b"no user with this id"),
                                         ("eco.Eco/Nada", ola, 5, b"there is no such method")):
            client.sendall(f"call {method} 5000\nmessage {sent.hex()}\nend\n".encode())
            got = [lines.readline().split(" ")]
            while got[-1][0].strip() not in ("end", ""):
                got.append(lines.readline().split(" "))
            answer = [line[1].strip() for line in got if line[0] == "message"] or [got[-1][2]]
            assert (int(got[-1][1]), answer) == (code, [told.hex()]), f"{method}: {got}"

    request = urllib.request.Request(f"http://127.0.0.1:{port['http']}/eco.Eco/Repetir", b'{"texto": "ola"}',
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        got = response.status, response.read()
    assert got == (202, b'{"texto":"ola"}'), got

    # Its author holds it to the contract before anybody else does.
    run(prefix / "bin/tomada-conformance", "transport", "line_transport", "--driver", work / "build/libline_driver.so",
        "--filter", "messages.*", "--filter", "status.*")

    def document(headers):
        request = urllib.request.Request(f"http://127.0.0.1:{port['http']}/openapi.json", headers=headers)
        return urllib.request.urlopen(request, timeout=20).read()

    import grpc
    with grpc.insecure_channel(f"127.0.0.1:{port['grpc']}") as channel:
        def unary(method, metadata=()):
            call = channel.unary_unary(f"/eco.Eco/{method}", request_serializer=bytes, response_deserializer=bytes)
            return call(b"\x0a\x03ola", timeout=20, metadata=metadata)

        def reflected(metadata=()):  # the file that has eco.Eco
            call = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                         request_serializer=bytes, response_deserializer=bytes)
            return b"".join(call(iter([b"\x22\x07eco.Eco"]), timeout=20, metadata=metadata))

        assert unary("Repetir") == b"\x0a\x03ola"
        bearer = (("authorization", "Bearer s3nha"),)
        assert unary("Sussurrar", bearer) == b"\x0a\x03ola"
        try:
            unary("Sussurrar")
            sys.exit("whispered to who has no key")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAUTHENTICATED, error

        # Documentation and reflection show who asks what it may see.
        everything = document(dict(bearer)), reflected(bearer)
        for all, some in zip(everything, (document({}), reflected())):
            assert b"Sussurrar" in all and b"Repetir" in all, all
            assert b"Sussurrar" not in some and b"Repetir" in some, some
    assert "s3nha" not in log.read_text() and "budget" not in log.read_text(), log.read_text()
finally:
    host.terminate()
    code = host.wait(timeout=60)
if code != 0:
    sys.exit(f"the host ended with {code}:\n" + log.read_text())
