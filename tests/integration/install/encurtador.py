"""Usage: encurtador.py CMAKE BUILD EXAMPLE VISITANTE WORK

Installs BUILD as $HOME/tomada and does what the README of EXAMPLE says: builds it there, passes its tests, runs it and
gets the answers that are shown. Then the plugin goes to a prefix of its own, where it is loaded by itself; beside
VISITANTE, built apart from the same .proto file; and not beside one built from another version of it.
"""
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "readme"))
from examples import EXAMPLE, matches, steps  # noqa: E402

cmake, build, example, visitante = sys.argv[1:5]
work = pathlib.Path(sys.argv[5])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
os.umask(0o022)  # the host loads no plugin that others may write
os.environ |= {"HOME": str(work), "PATH": f"{pathlib.Path(cmake).parent}:{os.environ['PATH']}",
               "TOMADA_HTTP": "127.0.0.1:0", "TOMADA_DATA": str(work / "data")}
prefix, own, project = work / "tomada", work / "own", work / "encurtador"


def run(*command, code=0, cwd=work):
    result = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    if result.returncode != code:
        sys.exit(f"{' '.join(map(str, command))}: exit code {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def shell(script, cwd=project):
    return run("bash", "-euo", "pipefail", "-c", script, cwd=cwd).stdout


def wait_until(condition, what):
    deadline = time.time() + 60
    while not condition():
        if time.time() > deadline:
            sys.exit(what())
        time.sleep(0.05)


def expect(text, pattern):
    if not re.search(pattern, text):
        sys.exit(f"not there: {pattern}\n{text}")


run(cmake, "--install", build, "--prefix", prefix)
shutil.copytree(example, project)
blocks = dict(EXAMPLE.findall((project / "README.md").read_text()))
shell(blocks["build"])

# What the README shows.
log = work / "log"
with log.open("w") as stderr:
    host = subprocess.Popen(["bash", "-c", "exec " + blocks["run"]], cwd=project, stderr=stderr)
try:
    wait_until(lambda: "host: ready" in log.read_text() or host.poll() is not None, log.read_text)
    if host.poll() is not None:
        sys.exit("the host did not start:\n" + log.read_text())
    port = re.search(r"http: listening address=\S+:(\d+)", log.read_text())[1]
    here = f"127.0.0.1:{port}"
    for command, answer in steps(blocks["calls"].replace("localhost:8000", here)):
        got = shell(command).rstrip("\n")
        if not matches(answer, got):
            sys.exit(f"{command}gave\n{got}\nand not\n{answer}")
    (command, answer), = steps(blocks["visits"].replace("localhost:8000", here))
    told = work / "told"

    def visit_is_told():
        visit = http.client.HTTPConnection(here, timeout=20)
        visit.request("GET", "/ir/curto")
        visit.getresponse().read()
        return any(matches(answer, line) for line in told.read_text().splitlines())

    with told.open("w") as stdout:
        client = subprocess.Popen(["bash", "-c", "exec " + command], stdout=stdout)
    try:
        wait_until(visit_is_told, lambda: f"no visit is told: {told.read_text()}\n{log.read_text()}")
        host.terminate()  # the service drains: its streams end before the grace does
        client.wait(timeout=60)
        expect(told.read_text(), "the server is stopping")
    finally:
        client.kill()
        client.wait()
finally:
    host.terminate()
    code = host.wait(timeout=60)
if code != 0:
    sys.exit(f"the host ended with {code}:\n" + log.read_text())

# A prefix of its own. Nothing else that is loaded brings google/api.
run(cmake, "--install", project / "build", "--prefix", own)
shutil.rmtree(project / "build")
tomada = prefix / "bin/tomada"
alone = work / "alone.yaml"
alone.write_text(f"plugins: {{only: {own}/lib/tomada/plugins}}\ncomponents: {{encurtador: {{plugin: encurtador}}}}\n")
expect(run(tomada, "plugins", "--config", alone).stdout, r"(?m)^encurtador +service +0\.1\.0 ")

# What the .proto file says went along with the plugin, into the documentation and to those who ask by reflection.
documented = work / "documented.yaml"
documented.write_text(f"plugins: {own}/lib/tomada/plugins\n"
                      "components:\n"
                      "  store: {plugin: memory_store}\n"
                      "  encurtador: {plugin: encurtador, uses: {store: store}}\n"
                      "  http: {plugin: pistache_http, uses: {services: encurtador}, config: {listen: '127.0.0.1:0'}}\n"
                      "  grpc: {plugin: grpc_server, uses: {services: encurtador}, config: {listen: '127.0.0.1:0'}}\n")
front = work / "front.yaml"
front.write_text("components:\n"
                 "  far: {plugin: grpc_client, config: {target: '${FAR}', reflection: true}}\n"
                 "  http: {plugin: pistache_http, uses: {services: far}, config: {listen: '127.0.0.1:0'}}\n")


class Documented:
    """A host that is asked for /openapi.json and /docs."""

    def __init__(self, profile, **variables):
        self.log = work / (profile.stem + ".log")
        with self.log.open("w") as stderr:
            self.host = subprocess.Popen([tomada, "run", "--config", profile], stderr=stderr,
                                         env={**os.environ, **variables})
        wait_until(lambda: "host: ready" in self.log.read_text() or self.host.poll() is not None, self.log.read_text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.host.terminate()
        if self.host.wait(timeout=60) != 0:
            sys.exit(self.log.read_text())

    def address(self, component):
        return re.search(component + r": listening address=(\S+)", self.log.read_text())[1]

    def expect_comments(self):
        client = http.client.HTTPConnection(self.address("http"), timeout=20)
        client.request("GET", "/openapi.json")
        expect(client.getresponse().read().decode(), r'"Goes where the link leads"')
        client.request("GET", "/docs/start.js")
        expect(client.getresponse().read().decode(), "openapi.json")


with Documented(documented) as host:
    host.expect_comments()
    with Documented(front, FAR=host.address("grpc")) as other:
        other.expect_comments()


# Two plugins and one .proto file.
def beside(name, proto, code):
    """What `tomada validate` says of a profile with this plugin and one built from `proto`."""
    folder = work / name
    run(cmake, "-S", visitante, "-B", folder, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", f"-DENCURTADOR={proto}")
    run(cmake, "--build", folder)
    profile = work / f"{name}.yaml"
    folders = ", ".join(f"{each}/lib/tomada/plugins" for each in (own, folder))
    profile.write_text(f"plugins: [{folders}]\n"
                       "components:\n"
                       "  store: {plugin: memory_store}\n"
                       "  encurtador: {plugin: encurtador, uses: {store: store}}\n"
                       "  visitante: {plugin: visitante}\n")
    return run(tomada, "validate", "--config", profile, code=code).stderr


beside("same", project, 0)
newer = work / "newer.proto"
newer.mkdir()
text = (project / "encurtador.proto").read_text()
(newer / "encurtador.proto").write_text(text.replace("message Visita {", "message Visita {\n  string origem = 3;"))
expect(beside("newer", newer, 2),
       rf"{own}/lib/tomada/plugins/libencurtador.so and {work}/newer/lib/tomada/plugins/libvisitante.so are built from "
       r"different versions of encurtador.proto \(libtomada_proto_encurtador-\w{12}.so and "
       r"libtomada_proto_encurtador-\w{12}.so\), of which a process takes one; build both from the same\n")
refused = subprocess.run([cmake, "-S", visitante, "-B", work / "same", "-DENCURTADOR=/nowhere"],
                         capture_output=True, text=True)
expect(" ".join(refused.stderr.split()), "there is no /nowhere/encurtador.proto; IMPORT names the folder")

for library in own.glob("lib/libtomada_proto_*.so"):
    library.unlink()
missing = run(tomada, "plugins", "--config", alone, code=1)
expect(missing.stdout, r"(?m)^encurtador +- +- +- +cannot be loaded$")
expect(missing.stderr,
       rf"needs libtomada_proto_encurtador-\w{{12}}.so, generated code that .* copy that file to {own}/lib\n")
