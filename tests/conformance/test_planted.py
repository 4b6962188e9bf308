"""The kit tried: each planted fault must fail its suite.

`python -m tests.conformance.test_planted` runs all suites on all faults and writes docs/planted-faults.md. The short
test runs, of each suite, only the check that the table names.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conformance.planted import bulk, publishing, sources, stores
from tests.exports import ROOT

KINDS = {"publishing": publishing, "bulk": bulk, "sources": sources, "stores": stores}
MISSED = {
    "publishing.Tidies": "No check looks at white space at the ends of a text: many services trim it themselves.",
    "publishing.ADeadlineForEachStep": (
        "Each request keeps its deadline; their sum may be more, for saved progress renews the lease."
    ),
    "stores.HoldsTheDeleted": "No check finishes a deletion and asks for the ids held then.",
}
"""Faults that the kit does not catch, and why; they stand in the table too."""
ALL = [f"{kind}.{name}" for kind, module in KINDS.items() for name in module.FAULTS]
TABLE = ROOT / "docs" / "planted-faults.md"
HEAD = """# Planted faults: the kit tried

{caught} of {all} faults planted in small adapters are caught by at least one check of their suite. {early} were
planted before the kit was tuned or with later checks, {held} were held back until it was done: of those
{held_caught} were caught, and the kit was not tuned to the others.
Made by `python -m tests.conformance.test_planted`; a test runs the first check named in each row.

| fault | what it does | caught by |
|---|---|---|
"""


def caught_by(fault: str, *, only: str = "") -> list[str]:
    """Run the suite of a fault's kind on it, whole or one check of it, and return the checks that failed."""
    kind, name = fault.split(".")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", "--no-header"]
        + (["-x", "-k", only] if only else [])
        + [f"tests/conformance/planted/suite_{kind}.py"],
        cwd=ROOT,
        env=os.environ | {"PLANTED_FAULT": name},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode not in {0, 1}:
        raise AssertionError(ran.stdout + ran.stderr)
    failed = re.findall(r"^(?:FAILED|ERROR) \S+::(test_\w+)", ran.stdout, re.MULTILINE)
    assert bool(failed) == bool(ran.returncode), ran.stdout
    return sorted(set(failed))


def rows() -> dict[str, str]:
    """Return each fault of the table with the first check that caught it, empty where none did."""
    text = TABLE.read_text(encoding="utf-8")
    return {
        fault: check or "" for fault, check in re.findall(r"^\| `([\w.]+)` \|.*\| (?:`(\w+)`)?", text, re.MULTILINE)
    }


def _some(fault):
    """Leave most to the long tests: each is a process of pytest's own."""
    return fault if ALL.index(fault) % 4 == 0 else pytest.param(fault, marks=pytest.mark.long)


@pytest.mark.parametrize("fault", [_some(fault) for fault in ALL if fault not in MISSED])
def test_planted_fault_is_caught(fault):
    """By the check that the table names."""
    check = f"test_{rows()[fault]}"
    assert caught_by(fault, only=check) == [check]


def test_the_table_is_whole_and_enough_is_caught():
    """Of at least forty faults 95 % or more; what is missed stands there with its reason."""
    found = rows()
    assert list(found) == ALL
    assert {fault for fault, check in found.items() if not check} == set(MISSED)
    assert len(ALL) >= 40
    assert len(MISSED) <= 0.05 * len(ALL)


@pytest.mark.parametrize("kind", ["bulk", "sources", "stores"])
def test_sound_adapters_pass(kind):
    """A kit that fails everything catches every fault. The chat example has its own test."""
    assert caught_by(f"{kind}.") == []


def main():
    """Write the table: fault, what it does, the checks that caught it."""
    with ThreadPoolExecutor(2) as pool:
        results = dict(zip(ALL, pool.map(caught_by, ALL), strict=True))
    held = [fault for fault in ALL if _is_held_back(fault)]
    lines = []
    for fault, checks in results.items():
        kind, name = fault.split(".")
        does = inspect.getdoc(KINDS[kind].FAULTS[name])
        names = [f"`{check.removeprefix('test_')}`" for check in checks]
        more = f" and {len(names) - 2} more" if len(names) > 2 else ""
        shown = ", ".join(names[:2]) + more if names else f"**missed.** {MISSED.get(fault, '')}"
        lines.append(f"| `{fault}` | {does} | {shown} |\n")
    head = HEAD.format(
        caught=sum(map(bool, results.values())),
        all=len(ALL),
        early=len(ALL) - len(held),
        held=len(held),
        held_caught=sum(bool(results[fault]) for fault in held),
    )
    TABLE.write_text(head + "".join(lines), encoding="utf-8")
    print(head)


def _is_held_back(fault):
    """Say whether a fault stands behind the line in its file."""
    kind, name = fault.split(".")
    source = inspect.getsource(KINDS[kind])
    return source.index(f"class {name}(") > source.index("# Held back")


if __name__ == "__main__":
    main()
