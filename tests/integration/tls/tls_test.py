"""TLS as an operator meets it, with the real program, openssl, curl and Python's ssl: tls_test.py TOMADA SOURCE_FOLDER

The profile `tls` with the certificates of scripts/dev-certificates; every mistake that `validate` knows, at its line; and
certificates that are exchanged as Kubernetes does it, under load.
"""

import http.client
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOMADA, SOURCE = sys.argv[1], Path(sys.argv[2])


def check(holds, what):
    if not holds:
        sys.exit(f"failed: {what}")


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, **options)


def make_certificates(folder):
    result = run(SOURCE / "scripts/dev-certificates", folder)
    check(result.returncode == 0, result.stderr)
    return dict(re.findall(r"(TOMADA_\w+)='([^']*)'", result.stdout))


class Host:
    """`tomada run --profile tls` on ports that the kernel picked."""

    def __init__(self, environment, *settings):
        self.log = tempfile.NamedTemporaryFile("w+")
        self.data = tempfile.TemporaryDirectory()
        command = [TOMADA, "run", "--profile", "tls"]
        for setting in ("components.http.config.listen=127.0.0.1:0", "components.grpc.config.listen=127.0.0.1:0",
                        *settings):
            command += ["--set", setting]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env={
            **os.environ, **environment, "TOMADA_DATA": self.data.name, "TOMADA_ADMIN": "127.0.0.1:0"})
        self.admin = int(self.wait_for(r"admin_front: listening address=127\.0\.0\.1:(\d+)"))
        self.port = int(self.wait_for(r"http: listening address=127\.0\.0\.1:(\d+) tls="))
        self.wait_for(r"(host: ready)")

    def output(self):
        return Path(self.log.name).read_text()

    def wait_for(self, pattern):
        deadline = time.time() + 30
        while time.time() < deadline and self.process.poll() is None:
            found = re.search(pattern, self.output())
            if found:
                return found[1]
            time.sleep(0.02)
        sys.exit(f"no {pattern}:\n" + self.output())

    def ask_admin(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=20)
        connection.request("GET", path)
        return connection.getresponse().read().decode()

    def stop(self):
        self.process.terminate()
        check(self.process.wait(timeout=30) == 0, self.output())


def try_the_profile(folder):
    environment = make_certificates(folder)
    before = Path(environment["TOMADA_TLS_CERT"]).read_text()
    check(make_certificates(folder) == environment, "the second run says the same")
    check(Path(environment["TOMADA_TLS_CERT"]).read_text() == before, "good certificates are kept")
    check(os.stat(environment["TOMADA_TLS_KEY"]).st_mode & 0o77 == 0, "the key is its owner's alone")
    ca = environment["TOMADA_TLS_CA"]
    host = Host(environment, "components.http.config.tls.client=optional",
                f"components.http.config.tls.client_ca={ca}")
    try:
        url = f"https://localhost:{host.port}/usuarios"
        for more in (["--tlsv1.3"], ["--tls-max", "1.2"], ["--http1.1"],
                     ["--cert", folder / "client.pem", "--key", folder / "client.key"]):
            answer = run("curl", "-sS", "--ipv4", "--cacert", ca, *more, url)
            check(answer.stdout == '{"usuarios":[]}', f"{more}: {answer}")
        clear = run("curl", "-sS", "--ipv4", f"http://localhost:{host.port}/usuarios")
        check("use https://" in clear.stdout, clear)
        for more, error in ((["-alpn", "foo"], "alert number 120"),
                            (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "alert number 70"),
                            (["-tls1_2", "-cipher", "AES128-GCM-SHA256"], "alert number 40")):
            refused = run("openssl", "s_client", "-connect", f"127.0.0.1:{host.port}", *more, input="")
            check(error in refused.stderr, f"{more}: {refused.stderr}")
        renegotiated = run("openssl", "s_client", "-connect", f"127.0.0.1:{host.port}", "-tls1_2", input="R\n")
        check("no renegotiation" in renegotiated.stderr, renegotiated.stderr)
        metrics = host.ask_admin("/metrics")
        check(re.search(r'tomada_tls_handshakes_total{component="http",result="full"} [4-9]', metrics), metrics)
        expiry = float(re.search(r"\ntomada_tls_certificate_expiry_timestamp_seconds{[^}]*} (\S+)", metrics)[1])
        check(abs(expiry - time.time() - 30 * 86400) < 3600, metrics)
        health = run(TOMADA, "health", "--profile", "tls", env={**os.environ, **environment,
                                                                "TOMADA_ADMIN": f"127.0.0.1:{host.admin}"})
        check(health.returncode == 0 and "http ready (since" in health.stdout, health)
        host.wait_for(r"open (https://127\.0\.0\.1:\d+/docs)")
        document = run("curl", "-sS", "--ipv4", "--cacert", ca, f"https://localhost:{host.port}/openapi.json").stdout
        check('"openapi"' in document and "http://localhost" not in document, "links are relative")
    finally:
        host.stop()
    check("PRIVATE" not in host.output(), "a key is in the log")


def make(folder, name, *more, days=30):
    made = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", days, "-subj", "/CN=x", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", *more)
    check(made.returncode == 0, made.stderr)


def tell_each_mistake(folder):
    make(folder, "other")
    run("openssl", "ec", "-aes128", "-passout", "pass:x", "-in", folder / "server.key", "-out", folder / "locked.key")
    (folder / "wrong.pem").write_text((folder / "ca.pem").read_text() + (folder / "server.pem").read_text())
    (folder / "empty").write_text("")
    # {} stands for the folder. The line is that of the key.
    cases = [
        ("server.pem", "other.key", "", 7, "`key`: {0}/other.key is not the key of the certificate in {0}/server.pem"),
        ("server.pem", "locked.key", "", 7, "`key`: {0}/locked.key is encrypted"),
        ("server.pem", "absent", "", 7, "`key`: cannot read {0}/absent: No such file or directory"),
        ("empty", "server.key", "", 6, "`certificate`: cannot read {0}/empty: it is empty"),
        ("wrong.pem", "server.key", "", 6, "`certificate`: {0}/wrong.pem is in the wrong order"),
        ("client.pem", "client.key", "", 6, "`certificate`: {0}/client.pem is not for servers"),
        ("server.pem", "server.key", "client: required", 8, "`client` needs `client_ca`"),
        ("server.pem", "server.key", "client_ca: {0}/ca.pem", 8, "`client_ca` is for `client: optional`"),
        ("server.pem", "server.key", "min_version: '1.1'", 8, "1.2, 1.3"),
        ("server.pem", "server.key", "certificates: [{{certificate: {0}/server.pem, key: {0}/other.key}}]", 8,
         "certificates[0].key`: {0}/other.key is not the key"),
        ("server.pem", "server.key", "certificates: [{{certificate: {0}/server.pem, key: {0}/server.key, names: [x.test]}}]",
         8, "is not of x.test, but of localhost"),
    ]
    profile = folder / "profile.yaml"
    for certificate, key, more, line, message in cases:
        profile.write_text("\n".join([
            f'include: ["{SOURCE}/configs/memory.yaml"]', "components:", "  http:", "    config:", "      tls:",
            f"        certificate: {folder}/{certificate}", f"        key: {folder}/{key}",
            "        " + more.format(folder)]) + "\n")
        result = run(TOMADA, "validate", "--config", profile)
        found = result.stderr.splitlines()
        check(result.returncode == 2 and len(found) == 2, f"{message}: {result.stderr}")
        check(message.format(folder) in found[0], f"{message.format(folder)}, and not {found[0]}")
        check(found[0].startswith(f"{profile}:{line}:"), f"{found[0]}: not at line {line}")


def exchange_under_load(folder):
    """A folder of files that a link leads to, and the link is turned: what Kubernetes does with a secret."""
    mounted = folder / "mounted"
    mounted.mkdir()
    names = {}
    for number, name in enumerate(("a.test", "b.test")):
        version = mounted / f"..version{number}"
        version.mkdir()
        make(version, "tls", "-addext", f"subjectAltName=DNS:{name}", days=5)
        names[number] = name

    def turn(number):
        (mounted / "..new").symlink_to(f"..version{number}")
        (mounted / "..new").rename(mounted / "..data")

    turn(0)
    for file in ("tls.pem", "tls.key"):
        (mounted / file).symlink_to(f"..data/{file}")
    host = Host({"TOMADA_TLS_CERT": str(mounted / "tls.pem"), "TOMADA_TLS_KEY": str(mounted / "tls.key")},
                "components.http.config.tls.reload_interval=50ms")
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    failed, asked, done = [], [0], threading.Event()

    def load(fresh):
        connection = http.client.HTTPSConnection("127.0.0.1", host.port, context=trusting, timeout=20)
        while not done.is_set():
            try:
                connection.request("GET", "/usuarios")
                response = connection.getresponse()
                response.read()
                if response.status != 200:
                    failed.append(response.status)
            except OSError as error:
                failed.append(error)
            asked[0] += 1
            if fresh:
                connection.close()

    def shown():
        text = ssl.get_server_certificate(("127.0.0.1", host.port))
        return run("openssl", "x509", "-noout", "-ext", "subjectAltName", input=text).stdout

    try:
        verbose = host.ask_admin("/readyz?verbose")
        check(re.search(r"http ready <- the certificate in \S+ ends in 4 days", verbose), verbose)
        threads = [threading.Thread(target=load, args=(fresh,)) for fresh in (True, False)]
        for thread in threads:
            thread.start()
        for i in range(1, 7):
            turn(i % 2)
            deadline = time.time() + 10
            while names[i % 2] not in shown():
                check(time.time() < deadline, f"{i}: the old certificate is still shown")
                time.sleep(0.02)
        # A pair that does not fit together.
        shutil.copy(mounted / "..version1/tls.key", mounted / "..version0/tls.key")
        host.wait_for(r"(new certificates cannot be used)")
        check("new certificates cannot be used" in host.ask_admin("/readyz?verbose"), "readiness tells it")
        check(names[0] in shown(), "the old one stays")
        done.set()
        for thread in threads:
            thread.join()
        check(not failed and asked[0] > 50, f"{failed[:3]} of {asked[0]}")
        check('tomada_tls_reloads_total{component="http",result="ok"} 6' in host.ask_admin("/metrics"), "counted")
    finally:
        done.set()
        host.stop()


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try_the_profile(folder)
        tell_each_mistake(folder)
        exchange_under_load(folder)


if __name__ == "__main__":
    main()
