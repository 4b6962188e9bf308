"""The files for containers and for systemd: what their own programs and schemas say of them, and no secret in any."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.resources import files

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.exports import ROOT

HERE = ROOT / "deployments"
UNITS = sorted((HERE / "systemd").glob("*.service"))
EXAMPLES = [HERE / ".env.example", *sorted((HERE / "systemd").glob("*.env.example"))]
PROGRAMS = "/opt/syndicate/.venv/bin"


@pytest.fixture(scope="module")
def compose():
    """The compose file as its programs read it."""
    return yaml.safe_load((HERE / "compose.yaml").read_text(encoding="utf-8"))


def test_the_compose_file_keeps_the_specification(compose):
    """By the published schema, as check-jsonschema ships it."""
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    validator = Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    assert [error.message for error in validator.iter_errors(compose)] == []
    assert list(validator.iter_errors(compose | {"services": {"one": {"imagine": "x"}}}))


def test_everything_that_a_service_waits_for_says_when_it_is_ready(compose):
    """Healthy where there is a health check, completed where it ends by itself."""
    services = compose["services"]
    for name, service in services.items():
        for other, needs in service.get("depends_on", {}).items():
            healthy = "healthcheck" in services[other]
            wanted = "service_healthy" if healthy else "service_completed_successfully"
            assert (name, other, needs["condition"]) == (name, other, wanted)


def test_every_service_comes_back_and_ends_in_its_own_time(compose):
    """After a crash, a restart of the machine, and with what it was doing in order."""
    for name, service in compose["services"].items():
        assert service["restart"] == ("on-failure" if name in {"migrate", "setup"} else "unless-stopped"), name
    assert all(name in compose["volumes"] for name in ("postgres", "redis", "content"))


def test_no_file_holds_a_secret(compose):
    """What looks like one is empty, or asked for from outside."""
    hidden = re.compile(r"PASSWORD|SECRET|TOKEN|AUTH|ALARM_URL|_KEY", re.IGNORECASE)
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert not hidden.search(name) or value is None or str(value).startswith("${"), name
    for file in EXAMPLES:
        for line in file.read_text(encoding="utf-8").splitlines():
            name, _, value = line.lstrip("#").partition("=")
            assert not hidden.search(name) or " " in name or not value, f"{file.name}: {line}"


def test_whatever_the_compose_file_asks_for_is_in_its_example(compose):
    """Nobody has to read the file to fill in the other one."""
    asked = set(re.findall(r"\$\{(\w+)", (HERE / "compose.yaml").read_text(encoding="utf-8")))
    asked |= {
        name for one in compose["services"].values() for name, it in one.get("environment", {}).items() if it is None
    }
    offered = set(re.findall(r"^#?(\w+)=", EXAMPLES[0].read_text(encoding="utf-8"), re.MULTILINE))
    assert asked - offered == set()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit, tmp_path):
    """`systemd-analyze verify` has nothing to say, once the programs are there."""
    for program in ("prefect", "python"):
        (tmp_path / program).write_text("#!/bin/sh\n")
        (tmp_path / program).chmod(0o755)
    for one in UNITS:
        (tmp_path / one.name).write_text(one.read_text(encoding="utf-8").replace(PROGRAMS, str(tmp_path)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / unit.name], capture_output=True, text=True, check=False
    )
    mine = [line for line in (done.stdout + done.stderr).splitlines() if "syndicate" in line]
    assert (done.returncode, mine) == (0, [])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_gives_its_service_no_more_than_it_needs(unit):
    """No root, no secret, a read-only system, a time to end in."""
    text = unit.read_text(encoding="utf-8")
    for line in (
        "User=syndicate",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "TimeoutStopSec=60",
    ):
        assert f"\n{line}\n" in text, line
    assert "\nEnvironmentFile=/etc/syndicate/" in text
