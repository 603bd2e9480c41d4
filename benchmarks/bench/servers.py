"""The servers that several sections start."""

import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from .process import BUILD, ROOT, WORKERS, start


def start_tomada(profile, *settings, transport="http"):
    command = [BUILD / "bin/tomada", "run", "--profile", profile]
    for setting in settings:
        command += ["--set", setting]
    return start(command, transport + ": listening")


def start_host(grpc_port, http_port, *settings):
    """The profile `memory` with a user u1; its process and the URL of its users."""
    host = start_tomada("memory", f"components.grpc.config.listen=127.0.0.1:{grpc_port}",
                        f"components.http.config.listen=127.0.0.1:{http_port}", *settings)
    url = f"http://127.0.0.1:{http_port}/usuarios"
    await_answer(create_u1(url))
    return host, url


def make_certificates(folder):
    """A throw-away authority and what it signed; the folder."""
    subprocess.run([ROOT / "scripts/dev-certificates", folder], check=True, stdout=subprocess.DEVNULL)
    return Path(folder)


def start_tls_host(grpc_port, http_port, certificates, *settings):
    """As start_host, by TLS."""
    host = start_tomada("memory", f"components.grpc.config.listen=127.0.0.1:{grpc_port}",
                        f"components.http.config.listen=127.0.0.1:{http_port}",
                        f"components.http.config.tls.certificate={certificates / 'server.pem'}",
                        f"components.http.config.tls.key={certificates / 'server.key'}", *settings)
    url = f"https://127.0.0.1:{http_port}/usuarios"
    await_answer(create_u1(url), ssl.create_default_context(cafile=certificates / "ca.pem"))
    return host, url


def start_servidor(grpc_port, redis_port):
    """The profile `servidor`, without users."""
    return start_tomada("servidor", f"components.grpc.config.listen=127.0.0.1:{grpc_port}",
                        f"components.store.config.url=redis://127.0.0.1:{redis_port}", transport="grpc")


def start_front(server, http_port, *settings, has_u1=True):
    """The profile `cliente` in front of a server, once it answers; its process and the URL of its users."""
    front = start_tomada("cliente", f"components.usuarios.config.target={server}",
                         f"components.http.config.listen=127.0.0.1:{http_port}", *settings)
    url = f"http://127.0.0.1:{http_port}/usuarios"
    await_answer(url + "/u1" if has_u1 else create_u1(url))
    return front, url


def create_u1(url):
    """The request that creates the user u1, among the users at `url`."""
    return urllib.request.Request(url, b'{"id": "u1", "nome": "Ana", "email": "a@x.br"}',
                                  {"Content-Type": "application/json"})


def await_answer(request, context=None):
    """Until it is 200: a front end listens before it is connected to its server."""
    deadline = time.time() + 20
    while True:
        try:
            return urllib.request.urlopen(request, context=context).read().decode()
        except urllib.error.URLError:
            if time.time() > deadline:
                raise
            time.sleep(0.05)


def start_redis(port, *options):
    return start(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", "/", *options],
                 "Ready to accept")


def start_nginx(body, folder):
    config = Path(folder) / "nginx.conf"
    config.write_text(f"""
worker_processes {WORKERS};
daemon off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
  access_log off;
  keepalive_requests 100000000;
  server {{
    listen 127.0.0.1:18099 reuseport;
    default_type application/json;
    location / {{ return 200 '{body}'; }}
  }}
}}
""")
    return start(["nginx", "-e", "stderr", "-c", str(config)], "start worker process")
