"""Runs the examples of documents, twice, against a fresh host: examples.py TOMADA WORKING_DIRECTORY DOCUMENT...

A block is an example when the line before it is <!-- example: NAME -->. Where lines of it begin with `$ `, those are the
commands and what stands below each is its answer, compared with the real one: each … there stands for some text that
differs from run to run. Any other example is one script. Ports are those that the kernel picked.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```\n(.*?)```", re.DOTALL)
STEP = re.compile(r"^\$ ((?:.*\\\n)*.*\n)((?:(?!\$ ).*\n)*)", re.MULTILINE)


def steps(block):
    """Each command of an example with its answer, None where none is told."""
    if not block.startswith("$ "):
        return [(block, None)]
    return [(command, answer.rstrip("\n")) for command, answer in STEP.findall(block)]


def matches(answer, real):
    return re.fullmatch(re.escape(answer).replace("…", "[^\n]+?"), real) is not None


def wait_for(pattern, log, process):
    deadline = time.time() + 30
    while time.time() < deadline and process.poll() is None:
        found = re.search(pattern, Path(log.name).read_text())
        if found:
            return found[1]
        time.sleep(0.05)
    sys.exit("the host did not start:\n" + Path(log.name).read_text())


def run_step(name, command, answer):
    result = subprocess.run(["bash", "-euo", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    print(f"--- {name}: exit {result.returncode}\n{command}{result.stdout}{result.stderr}")
    if result.returncode != 0:
        sys.exit(f"the example {name} failed")
    if answer is not None and not matches(answer, result.stdout.rstrip("\n")):
        sys.exit(f"the example {name} shows another answer:\n{answer}")


def main():
    tomada, build, documents = sys.argv[1], sys.argv[2], sys.argv[3:]
    blocks = []
    for document in documents:
        found = EXAMPLE.findall(Path(document).read_text())
        if not found:
            sys.exit(f"{document} has lost its examples")
        blocks += [(f"{Path(document).name}/{name}", block) for name, block in found]
    with tempfile.NamedTemporaryFile("w+") as log, tempfile.TemporaryDirectory() as data:
        host = subprocess.Popen(
            [tomada, "run", "--profile", "local", "--set", "components.grpc.config.listen=127.0.0.1:0", "--set",
             "components.http.config.listen=127.0.0.1:0"], stderr=log, env={**os.environ, "TOMADA_DATA": data, "TOMADA_ADMIN": "127.0.0.1:0"})
        try:
            grpc = wait_for(r"grpc: listening .*address=127\.0\.0\.1:(\d+)", log, host)
            http = wait_for(r"http: listening .*address=127\.0\.0\.1:(\d+)", log, host)
            for run in (1, 2):
                for name, block in blocks:
                    block = block.replace("localhost:8000", f"127.0.0.1:{http}")
                    block = block.replace("localhost:50051", f"127.0.0.1:{grpc}")
                    block = block.replace("build/release/", f"{build}/")
                    for command, answer in steps(block):
                        run_step(f"{name}, run {run}", command, answer)
        finally:
            host.terminate()
            code = host.wait(timeout=30)
    if code != 0:
        sys.exit(f"the host ended with {code}")


if __name__ == "__main__":
    main()
