"""The kit tried: each planted fault must fail its suite. `python -m tests.conformance.test_planted` prints the table."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conformance.planted import bulk, publishing, sources, stores
from tests.exports import ROOT

KINDS = {"publishing": publishing, "bulk": bulk, "sources": sources, "stores": stores}
MISSED: dict[str, str] = {}
"""Faults that the kit does not catch, and why; they stand in the docs too."""
ALL = [f"{kind}.{name}" for kind, module in KINDS.items() for name in module.FAULTS]


def caught_by(fault: str, *, first: bool = True) -> list[str]:
    """Run the suite of a fault's kind on it and return the checks that failed."""
    kind, name = fault.split(".")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", "--no-header"]
        + (["-x"] if first else [])
        + [f"tests/conformance/planted/suite_{kind}.py"],
        cwd=ROOT,
        env=os.environ | {"PLANTED_FAULT": name},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode not in {0, 1}:
        raise AssertionError(ran.stdout + ran.stderr)
    failed = [
        line.split("::")[-1].split(" ")[0] for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))
    ]
    assert bool(failed) == bool(ran.returncode), ran.stdout
    return failed


@pytest.mark.parametrize("fault", ALL)
def test_planted_fault_is_caught(fault):
    """At least one check fails, unless the fault is known to be missed; then none does, or the docs are out of date."""
    assert bool(caught_by(fault)) is (fault not in MISSED)


def test_enough_faults_are_caught():
    """Of at least forty, 95 % or more."""
    assert len(ALL) >= 40
    assert len(MISSED) <= 0.05 * len(ALL)


def test_sound_adapters_pass():
    """A kit that fails everything catches every fault."""
    for kind in KINDS:
        assert caught_by(f"{kind}.", first=False) == []


def main():
    """Print the table: fault, what it does, the checks that caught it."""
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda fault: caught_by(fault, first=False), ALL))
    for fault, failed in zip(ALL, results, strict=True):
        kind, name = fault.split(".")
        does = inspect.getdoc(KINDS[kind].FAULTS[name])
        names = sorted({check.partition("[")[0] for check in failed})
        shown = ", ".join(f"`{check.removeprefix('test_')}`" for check in names[:2])
        more = f" and {len(names) - 2} more" if len(names) > 2 else ""
        print(f"| {kind} | {does} | {shown + more or '**missed**'} |", flush=True)
    print(f"\n{sum(map(bool, results))} of {len(ALL)} caught")


if __name__ == "__main__":
    main()
