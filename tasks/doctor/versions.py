"""Versions: Python, what the pack needs, and the libraries of the services that are in use."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tasks.doctor.case import Case
from tasks.doctor.finding import Finding, ok, warn, wrong

PACK = "prefect-syndicate"
INSTALL = "pip install -e . -c constraints.txt"
WHY = {
    "fastapi": "from 0.151 on every server of Prefect 3.8 dies at its start",
    "prefect": "the pack is tried with these versions alone",
}
SERVICES = frozenset({"postgres", "vk", "youtube", "dzen", "telegram", "telegram_web", "rss", "wordpress", "s3"})
"""Extras that a service needs."""


def check_python(case: Case) -> Iterator[Finding]:
    """See whether this Python is one the pack runs on."""
    del case
    has, needs = platform.python_version(), metadata.metadata(PACK)["Requires-Python"]
    if has in SpecifierSet(needs):
        yield ok("python", has)
    else:
        yield wrong(
            "python",
            f"{has} runs this, and {needs} is needed",
            "libraries are not tried with it",
            f"python3.12 -m venv .venv && .venv/bin/{INSTALL}",
        )


def check_libraries(case: Case) -> Iterator[Finding]:
    """Compare what is installed with what the pack asks for."""
    del case
    needed = [one for one in _requirements() if one.marker is None or one.marker.evaluate({"extra": ""})]
    off = [(one, _version(one.name)) for one in needed]
    off = [(one, has) for one, has in off if not has or not one.specifier.contains(has, prereleases=True)]
    for one, has in off:
        yield wrong(
            "libraries",
            f"{one.name} {has or 'is not installed'}, and {one.specifier} is needed",
            WHY.get(one.name, "the pack is not tried with it"),
            f"pip install '{one.name}{one.specifier}'",
        )
    if not off:
        yield ok(
            "libraries", f"prefect {_version('prefect')}, fastapi {_version('fastapi')}, and {len(needed) - 2} more"
        )


def check_extras(case: Case) -> Iterator[Finding]:
    """See whether each service that is in use has its libraries."""
    here = {extra for extra in SERVICES if not _missing(extra)}
    users = _users(case)
    for extra in sorted(users.keys() - here):
        yield wrong(
            "extras",
            f"{users[extra]} needs {', '.join(_missing(extra))}, which is not installed here",
            "its runs cannot begin on this machine",
            f"pip install -e '.[{extra}]' -c constraints.txt",
        )
    if not users.keys() - here:
        rest = sorted(SERVICES - here)
        yield ok("extras", "all of them" if not rest else f"all that is in use; not installed: {', '.join(rest)}")


def check_rest(case: Case) -> Iterator[Finding]:
    """Warn where the pack's own record is older than the code: it was updated and not installed anew."""
    del case
    recorded = metadata.entry_points(group="prefect.collections")
    if any(one.value == "tasks.blocks" for one in recorded):
        yield ok("installed", f"{PACK} {metadata.version(PACK)}")
    else:
        yield warn(
            "installed",
            "the pack was updated and not installed anew",
            "Prefect does not know its blocks, and new bounds of versions are not looked at",
            INSTALL,
        )


def _users(case: Case) -> dict[str, str]:
    """Return which extras are in use, and by what: pairs that ran, and deployments with a schedule."""
    users: dict[str, str] = {}
    for pair in case.pairs:
        users.setdefault(pair.service, f"pair {pair.source_id} → {pair.destination_id}")
    for one in case.deployments:
        if any(schedule.active for schedule in one.schedules):
            flow = re.sub(r".*/|\.py:.*", "", one.entrypoint or "")
            for service in flow.split("_to_"):
                users.setdefault(service, f"the scheduled deployment of {flow}")
    return {extra: who for extra, who in users.items() if extra in SERVICES}


def _missing(extra: str) -> list[str]:
    """Return what an extra asks for and is not installed, or is in a version that is not asked for."""
    asked = [
        one
        for one in _requirements()
        if one.name != PACK and one.marker is not None and one.marker.evaluate({"extra": extra.replace("_", "-")})
    ]
    # An extra of extras is recorded as the pack itself.
    nested = {
        inner
        for one in _requirements()
        if one.name == PACK and one.marker is not None and one.marker.evaluate({"extra": extra.replace("_", "-")})
        for inner in one.extras
    }
    found = [one.name for one in asked if not one.specifier.contains(_version(one.name) or "0", prereleases=True)]
    return sorted({*found, *(name for inner in nested for name in _missing(inner))})


def _requirements() -> list[Requirement]:
    """Return what the pack says that it needs, extras included."""
    return [Requirement(text) for text in metadata.requires(PACK) or ()]


def _version(name: str) -> str:
    """Return a library's version, empty where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
