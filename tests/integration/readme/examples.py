"""Runs the README's examples, twice, against a fresh host: examples.py TOMADA README WORKING_DIRECTORY

A block is an example when the line before it is <!-- example: NAME -->. Ports are those that the kernel picked.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def examples(readme):
    return re.findall(r"<!-- example: (\w+) -->\n```\n(.*?)```", readme.read_text(), re.DOTALL)


def wait_for(pattern, log, process):
    deadline = time.time() + 30
    while time.time() < deadline and process.poll() is None:
        found = re.search(pattern, Path(log.name).read_text())
        if found:
            return found[1]
        time.sleep(0.05)
    sys.exit("the host did not start:\n" + Path(log.name).read_text())


def main():
    tomada, readme, build = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    blocks = examples(readme)
    if len(blocks) < 2:
        sys.exit("the README has lost its examples")
    with tempfile.NamedTemporaryFile("w+") as log, tempfile.TemporaryDirectory() as data:
        host = subprocess.Popen(
            [tomada, "run", "--profile", "local", "--set", "components.grpc.config.listen=127.0.0.1:0", "--set",
             "components.http.config.listen=127.0.0.1:0"], stderr=log, env={**os.environ, "TOMADA_DATA": data, "TOMADA_ADMIN": "127.0.0.1:0"})
        try:
            grpc = wait_for(r"grpc: listening .*address=127\.0\.0\.1:(\d+)", log, host)
            http = wait_for(r"http: listening .*address=127\.0\.0\.1:(\d+)", log, host)
            for run in (1, 2):
                for name, script in blocks:
                    script = script.replace("localhost:8000", f"127.0.0.1:{http}")
                    script = script.replace("localhost:50051", f"127.0.0.1:{grpc}")
                    script = script.replace("build/release/", f"{build}/")
                    result = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True,
                                            timeout=60)
                    print(f"--- {name}, run {run}: exit {result.returncode}\n{result.stdout}{result.stderr}")
                    if result.returncode != 0:
                        sys.exit(f"the README's example {name} failed in run {run}")
        finally:
            host.terminate()
            code = host.wait(timeout=30)
    if code != 0:
        sys.exit(f"the host ended with {code}")


if __name__ == "__main__":
    main()
