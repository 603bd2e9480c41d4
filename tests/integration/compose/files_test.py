"""Checks without Docker that compose.yml, compose.sentinel.yml, the Dockerfile and the profiles agree:
files_test.py TOMADA SOURCES BUILD"""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

import yaml

TOMADA, ROOT, BUILD = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
HOSTS = ("servidor", "cliente")


def merged(*names):
    """The services of these files, the later over the earlier, as far as these tests look at them."""
    services = {}
    for name in names:
        for service, settings in yaml.safe_load((ROOT / name).read_text())["services"].items():
            services.setdefault(service, {}).update(settings)
    return services


def profile_of(command):
    return command[command.index("--profile") + 1]


def settings_of(command):
    return dict(command[i + 1].split("=", 1) for i, word in enumerate(command) if word == "--set")


class Compose(unittest.TestCase):
    FILES = ("compose.yml",)

    def setUp(self):
        self.services = merged(*self.FILES)

    def test_the_host_takes_what_the_containers_are_told(self):
        for name in HOSTS:
            service = self.services[name]
            self.assertEqual(service["command"][0], "run")
            result = subprocess.run([TOMADA, "validate", *service["command"][1:]], capture_output=True, text=True,
                                    env={**os.environ, **service["environment"]})
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_every_variable_is_one_that_the_profile_names(self):
        for name in HOSTS:
            service = self.services[name]
            profile = (ROOT / "configs" / (profile_of(service["command"]) + ".yaml")).read_text()
            for variable in service["environment"]:
                self.assertRegex(profile, r"\$\{" + variable + r"[:}]", f"{name} sets {variable}")

    def test_health_is_asked_of_the_profile_that_runs(self):
        for name in HOSTS:
            service = self.services[name]
            test = service["healthcheck"]["test"]
            self.assertEqual(test[:3], ["CMD", "tomada", "health"])
            self.assertEqual(profile_of(test), profile_of(service["command"]))

    def test_ports_are_published_for_this_machine_and_listened_on(self):
        for name, listen in (("servidor", "components.grpc.config.listen"), ("cliente", "components.http.config.listen")):
            (published,) = self.services[name]["ports"]
            address, outside, inside = published.split(":")
            self.assertEqual(address, "127.0.0.1")
            self.assertEqual(outside, inside)
            self.assertEqual(settings_of(self.services[name]["command"])[listen], f"0.0.0.0:{inside}")

    def test_redis_is_published_for_this_machine_where_a_variable_says(self):
        (published,) = self.services["redis"]["ports"]
        variable, address, inside = re.fullmatch(r"\$\{(\w+):-([^}]*)\}:(\d+)", published).groups()
        self.assertEqual((variable, address, inside), ("TOMADA_REDIS", "127.0.0.1:6379", "6379"))

    def test_addresses_are_those_of_services(self):
        listen = settings_of(self.services["servidor"]["command"])["components.grpc.config.listen"]
        self.assertEqual(self.services["cliente"]["environment"]["GRPC_SERVER"], "servidor:" + listen.split(":")[1])
        self.assertEqual(self.services["servidor"]["environment"]["REDIS_URL"], "redis://redis:6379/0")

    def test_each_waits_for_the_health_of_what_it_needs(self):
        for name, needs in (("servidor", "redis"), ("cliente", "servidor")):
            self.assertEqual(self.services[name]["depends_on"][needs]["condition"], "service_healthy")
            self.assertIn("healthcheck", self.services[needs])

    def test_containers_restart_and_cannot_do_more_than_they_need(self):
        for name, service in self.services.items():
            self.assertEqual(service["restart"], "always", name)
        for name in HOSTS:
            self.assertTrue(self.services[name]["read_only"])
            self.assertEqual(self.services[name]["cap_drop"], ["ALL"])


class ComposeWithSentinels(Compose):
    FILES = ("compose.yml", "compose.sentinel.yml")

    def test_addresses_are_those_of_services(self):
        environment = self.services["servidor"]["environment"]
        for number in (1, 2, 3):
            self.assertEqual(environment[f"SENTINEL_{number}"], f"sentinel{number}:26379")
            self.assertEqual(self.services[f"sentinel{number}"]["hostname"], f"sentinel{number}")
        (script,) = self.services["sentinel1"]["command"]
        self.assertIn("sentinel monitor tomada redis 6379 2", script)
        self.assertIn("${SENTINEL_MASTER:-tomada}", (ROOT / "configs/sentinel.yaml").read_text())

    def test_each_waits_for_the_health_of_what_it_needs(self):
        self.assertEqual(self.services["servidor"]["depends_on"], ["sentinel1", "sentinel2", "sentinel3"])


class Profiles(unittest.TestCase):
    def test_every_address_comes_from_the_environment(self):
        for profile in (ROOT / "configs").glob("**/*.yaml"):
            for listen in re.findall(r"listen: (.*)", profile.read_text()):
                self.assertRegex(listen, r"^\$\{TOMADA_(ADMIN|GRPC|HTTP):-127\.0\.0\.1:\d+\}$", profile.name)

    def test_the_environment_decides_where_a_profile_listens(self):
        wrong = {"TOMADA_ADMIN": "a", "TOMADA_GRPC": "b", "TOMADA_HTTP": "c"}
        result = subprocess.run([TOMADA, "validate", "--profile", "local"], capture_output=True, text=True,
                                env={**os.environ, **wrong})
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stderr.count("expected host:port"), 3, result.stderr)
        self.assertRegex(result.stderr, r"configs/parts/admin\.yaml:\d+:\d+: expected host:port")
        self.assertRegex(result.stderr, r"configs/local\.yaml:\d+:\d+: expected host:port")


class Dockerfile(unittest.TestCase):
    def setUp(self):
        self.text = (ROOT / "Dockerfile").read_text()
        self.runtime = self.text[self.text.rindex("FROM "):]

    def test_both_stages_start_from_the_same_debian(self):
        self.assertEqual(re.findall(r"^FROM (\S+)", self.text, re.MULTILINE), ["debian:bookworm-slim"] * 2)

    def test_the_runtime_is_not_root_and_says_its_health(self):
        self.assertRegex(self.runtime, r"\nUSER tomada\n")
        self.assertRegex(self.runtime, r"\nHEALTHCHECK .*CMD \[\"tomada\", \"health\"\]\n")

    def test_packages_are_found_for_every_library(self):
        found = subprocess.run([ROOT / "scripts/runtime-packages", BUILD / "lib"], capture_output=True, text=True)
        self.assertEqual(found.returncode, 0, found.stderr)
        packages = found.stdout.split()
        for package in ("libgrpc++1.51", "libpistache0", "librocksdb7.8", "libsodium23"):
            self.assertIn(package, packages)
        self.assertFalse([package for package in packages if package.endswith("-dev")])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
