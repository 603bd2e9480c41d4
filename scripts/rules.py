#!/usr/bin/env python3
"""Checks that the sources keep the rules of ARCHITECTURE.md: who may include whom, and what gcc 12 gets wrong.

Prints each breach as file:line: message and exits 1 when there is one.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'\s*#\s*include\s+["<]([^">]+)[">]')

# (files, what they must not include, why). Down only: plugins, core/rpc, core/net, core/api; and core/host, core/api.
FORBIDDEN = [
    (r"core/api/", r"yaml-cpp|grpc|hiredis|pistache|boost/|rocksdb|nghttp2|openssl",
     "the contract knows no engine and no wire"),
    (r"core/api/", r"^(net|rpc)/", "the contract is below the wire"),
    (r"core/(api|net|rpc)/", r"^(config|loader|runtime|cli)/|^plan\.h|^plugin_set\.h|^diagnostics\.h|^host_config\.h",
     "the host is the program's alone"),
    (r"core/host/", r"grpc|hiredis|pistache|\.pb\.h", "the host knows no plugin"),
    (r"core/host/", r"^(net|rpc)/", "the wire is the plugins' alone"),
    (r"core/net/", r"^google/|\.pb\.h|^grpc|^rpc/|^tomada/(component|plugin|service|store)", "the wire knows no messages"),
    (r"core/rpc/", r"^grpc(pp)?/(?!.*\.pb\.h)", "gRPC stays in the plugin named for it"),
    (r"plugins/", r"yaml-cpp|core/host|^plan\.h|^plugin_set\.h|^host_config\.h|^diagnostics\.h",
     "a plugin never sees the host"),
    (r"plugins/(?!transports/grpc_server)", r"^grpc(pp)?/(?!.*\.pb\.h)", "gRPC stays in the plugin named for it"),
    (r"(core|plugins)/(?!net/loop)", r"^pistache/", "Pistache stays behind the loop"),
    (r"(core|plugins)/(?!net/server/http1)", r"boost/beast", "HTTP/1.1 stays behind its session"),
    (r"plugins/", r"nghttp2|openssl/ssl", "HTTP/2 and TLS stay in core/net"),
]

# gcc 12 destroys temporaries of aggregates and of ?: in an awaited expression twice: the operand is a plain call.
AWAIT_OPERAND = [
    (re.compile(r"\{"), "braces in the operand of co_await: name the value first"),
    (re.compile(r"\[[^\]]*\]\s*\("), "a lambda in the operand of co_await: name it first"),
    (re.compile(r"\?[^:]*:(?!:)"), "?: in the operand of co_await: choose the value first"),
]


def sources():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.h", "*.cpp"], cwd=ROOT,
                            capture_output=True, text=True, check=True)
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def own_plugin(path):
    parts = path.parts
    return parts[2] if parts[0] == "plugins" and len(parts) > 3 else None


def include_breaches(path, lines, plugins):
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        header = match.group(1)
        for files, forbidden, why in FORBIDDEN:
            if re.match(files, str(path)) and re.search(forbidden, header):
                yield number, f"includes {header}: {why}"
        first = header.split("/")[0]
        if path.parts[0] in ("core", "plugins") and first in plugins and first != own_plugin(path):
            yield number, f"includes {header}: nothing but the profile knows a plugin"


def operand(text, start):
    """The awaited expression: up to the ; or the unmatched bracket that ends it."""
    depth = 0
    for i in range(start, len(text)):
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
            if depth < 0:
                return text[start:i]
        elif text[i] == ";" and depth == 0:
            return text[start:i]
    return text[start:]


def await_breaches(lines):
    text = "\n".join(re.sub(r'"(\\.|[^"\\])*"', '""', line.split("//")[0]) for line in lines)
    for match in re.finditer(r"\bco_await\b", text):
        awaited = operand(text, match.end())
        for pattern, message in AWAIT_OPERAND:
            if pattern.search(awaited):
                yield text.count("\n", 0, match.start()) + 1, message


def main():
    plugins = {p.parent.name for p in ROOT.glob("plugins/*/*/CMakeLists.txt")}
    breaches = []
    for path in sources():
        lines = (ROOT / path).read_text().splitlines()
        found = list(include_breaches(path, lines, plugins)) + list(await_breaches(lines))
        if re.search(r"\bclass \w*Manager\b", "\n".join(lines)):
            found.append((1, "a class called Manager: name what it does"))
        breaches += [f"{path}:{number}: {message}" for number, message in sorted(found)]
    print("\n".join(breaches) if breaches else "rules: kept")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
