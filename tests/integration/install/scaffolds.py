"""Usage: scaffolds.py CMAKE BUILD SOURCE WORK BUILD_TYPE

Somebody with an installed copy and nothing else: makes a plugin of each kind by `tomada new`, and follows the guide and
the README that tell of it, command by command, with the answers that they show. Plugins are built as BUILD_TYPE.
"""
import atexit
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

cmake, build, source, work, build_type = sys.argv[1:]
source = pathlib.Path(source)
sys.dont_write_bytecode = True
sys.path += [str(source / "tests/integration/readme"), str(source / "tests/integration/install")]
from examples import matches, steps  # noqa: E402
from guide import misquoted  # noqa: E402

home = pathlib.Path(work)
prefix = home / "tomada"
environment = {**os.environ, "HOME": str(home), "PATH": f"{pathlib.Path(cmake).parent}:{os.environ['PATH']}",
               "TOMADA_HTTP": "127.0.0.1:0", "TOMADA_LINE": "127.0.0.1:0",
               "CCACHE_DIR": os.environ.get("CCACHE_DIR", os.path.expanduser("~/.cache/ccache"))}
if shutil.which("ccache"):
    environment["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"


def run(command, folder, expected=None):
    """Of a shell's command, what it prints."""
    result = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if result.returncode != 0 or (expected is not None and not matches(expected, result.stdout.rstrip("\n"))):
        sys.exit(f"{command}exit {result.returncode}, wanted:\n{expected}\n{result.stdout}{result.stderr}")
    return result.stdout


class Host:
    """What a page runs in a terminal of its own."""

    def __init__(self, command, folder):
        self.log = folder / "host.log"
        with self.log.open("w") as log:
            command = re.sub(r'(\S+/bin/tomada"? run )', r"exec \1", command)
            self.process = subprocess.Popen(["bash", "-c", command], cwd=folder, env=environment, stderr=log)
        atexit.register(self.process.kill)
        deadline = time.time() + 60
        while "host: ready" not in self.log.read_text():
            if self.process.poll() is not None or time.time() > deadline:
                sys.exit(f"{command}is not ready:\n{self.log.read_text()}")
            time.sleep(0.05)

    def ports(self, command):
        """The command with the ports that the kernel has picked."""
        port = dict(re.findall(r"(\w+): listening address=\S+:(\d+)", self.log.read_text()))
        return command.replace("localhost:8000", f"127.0.0.1:{port.get('http')}") \
                      .replace("localhost:7000", f"127.0.0.1:{port.get('line')}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=60) != 0:
            sys.exit(f"the host did not stop well:\n{self.log.read_text()}")


def follow(page, folder):
    host = None
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    commands = [step for kind, block in blocks if not kind and block.startswith("$ ") for step in steps(block)]
    for command, answer in commands:
        began = time.time()
        if command.startswith("cd "):
            folder = folder / command[3:].strip()
        elif "/bin/tomada" in command and " run " in command:
            host = Host(command, folder)
        else:
            command = command.replace("=Release", "=" + build_type)
            run(host.ports(command) if host else command, folder, answer or None)
        print(f"{time.time() - began:5.1f} s  {command}", end="", flush=True)
    host.stop()


def follow_guide(name, folder, others=()):
    """And the README of what its first command has made, in `folder`."""
    guide = source / "docs" / name
    follow(guide, home)
    if wrong := misquoted(guide, [folder, *others]):
        sys.exit("\n".join(wrong))
    follow(folder / "README.md", folder)


def lines_of_code(file):
    return sum(1 for line in file.read_text().splitlines() if line.strip() and not line.strip().startswith("//"))


os.umask(0o022)  # the host loads no plugin that others may write
shutil.rmtree(home, ignore_errors=True)
home.mkdir(parents=True)
run(f"'{cmake}' --install '{build}' --prefix '{prefix}'\n", home)

follow_guide("first-service.md", home / "notes")

follow_guide("first-middleware.md", home / "api_keys")
assert lines_of_code(home / "api_keys/api_keys.cpp") < 100, "first-middleware.md promises less"

run("~/tomada/bin/tomada new transport text_lines\n", home)
follow(home / "text_lines/README.md", home / "text_lines")

store = home / "first_store"
follow_guide("first-plugin.md", store, [source / "tests/fixtures/out_of_tree"])
# Installed and stripped it is one like those that came with the copy. The strip of binutils keeps notes; LLVM's does
# not.
run('cmake -B build -DCMAKE_STRIP="$(command -v strip)" && cmake --install build --strip --prefix ~/tomada\n', store)
run("~/tomada/bin/tomada plugins | grep '^first_store  *store  *0.1.0'\n", home)
described = run("~/tomada/bin/tomada describe first_store\n", home)
assert "max_records" in described, described
inspected = run("~/tomada/bin/tomada inspect ~/tomada/lib/tomada/plugins/libfirst_store.so\n", home)
assert inspected.startswith(described), inspected
