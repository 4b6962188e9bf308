"""The whole look: every check, each of which may fail without the others."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from tasks.doctor.case import Case, Check
from tasks.doctor.finding import Finding, wrong

CHECKS = {
    "python": "versions:check_python",
    "libraries": "versions:check_libraries",
    "installed": "versions:check_rest",
    "folders": "disk:check_folders",
    "server": "server:check_server",
    "deployments": "server:check_deployments",
    "workers": "server:check_workers",
    "runs": "server:check_runs",
    "job store": "stores:check_store",
    "extras": "versions:check_extras",
    "blocks": "credentials:check_named_blocks",
    "credentials": "credentials:check_credentials",
    "pairs": "credentials:check_pairs",
}
"""In this order: the later ones use what the earlier ones found. Imported one by one: a library may be broken."""


def examine(case: Case) -> Iterator[Finding]:
    """Yield what each check finds, and give back what they opened."""
    try:
        for name, where in CHECKS.items():
            yield from _found(name, where, case)
    finally:
        if case.store is not None:
            case.store.close()
        if case.client is not None:
            case.client.__exit__(None, None, None)


def _found(name: str, where: str, case: Case) -> Iterator[Finding]:
    """Yield what a check finds; one that breaks is a finding, and says nothing of what it had in hand."""
    module, _, function = where.partition(":")
    try:
        check: Check = getattr(import_module(f"tasks.doctor.{module}"), function)
        yield from check(case)
    except Exception as error:  # noqa: BLE001 - a doctor that dies tells nothing of the rest
        yield wrong(
            name,
            f"this could not be looked at ({type(error).__name__})",
            "a library is broken, or the doctor has a bug",
            "pip install -e . -c constraints.txt   # else please report it, with `python -X dev flows/doctor.py`",
        )
