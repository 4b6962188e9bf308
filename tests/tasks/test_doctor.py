"""The doctor's checks by themselves: what cannot be planted on a machine without rights, and how findings look."""

from __future__ import annotations

import io
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.runs import PairRecord
from tasks.doctor.case import Case
from tasks.doctor.disk import network_of
from tasks.doctor.examine import CHECKS, _found
from tasks.doctor.finding import is_wrong, ok, verdict, warn, wrong
from tasks.doctor.report import _show
from tasks.doctor.server import check_server, clock
from tasks.doctor.versions import check_extras
from tasks.report import Face

MOUNTS = """\
overlay / overlay rw 0 0
nas:/export /srv/shared nfs4 rw 0 0
/dev/sda1 /srv/shared/own ext4 rw 0 0
//nas/two /srv/with\\040space cifs rw 0 0
me@host:/ /srv/fused fuse.sshfs rw 0 0
nas:/old /srv/covered nfs rw 0 0
/dev/sdb1 /srv/covered ext4 rw 0 0
"""
FINDINGS = [
    ok("python", "3.12.1"),
    warn("runs", "one is [old]", "it was killed", "prefect flow-run delete 1"),
    wrong("server", "it does not answer", "it is away", "prefect server start"),
]


def nothing() -> Case:
    """A case of which nothing is known yet."""
    return Case(ready=lambda: None, has_own_server=False)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/srv/shared/syndicate.db", "nfs4"),
        ("/srv/shared/own/syndicate.db", ""),
        ("/srv/with space/syndicate.db", "cifs"),
        ("/srv/fused/deep/syndicate.db", "fuse.sshfs"),
        ("/srv/covered/syndicate.db", ""),
        ("/srv/sharedbutnot/syndicate.db", ""),
    ],
)
def test_a_network_file_system_is_told_by_the_mount_that_a_file_lies_on(file, kind):
    """The innermost mount, and of two at one place the later one."""
    assert network_of(Path(file), MOUNTS) == kind


def test_clocks_may_differ_by_seconds():
    """By a few nothing is said; by ten it is a warning, by a minute wrong, in either direction."""
    levels = {apart: clock("clock", "it", apart).level.value for apart in (0.4, -9, 10, -59, 60, -3600)}
    assert levels == {0.4: "ok", -9: "ok", 10: "warn", -59: "warn", 60: "wrong", -3600: "wrong"}
    assert "3600 s behind" in clock("clock", "it", -3600).what


def test_a_check_that_breaks_is_a_finding():
    """Of its kind alone: what it had in hand may be a secret; the others go on."""
    (found,) = _found("libraries", "no_such_module:check", nothing())
    assert (found.check, found.level.value, "ModuleNotFoundError" in found.what) == ("libraries", "wrong", True)
    assert all((Path("tasks/doctor") / f"{where.split(':')[0]}.py").exists() for where in CHECKS.values())


def test_a_server_of_ones_own_that_does_not_start_is_named():
    """With its last word."""

    def ready():
        raise ConfigurationError("Prefect's API did not start: Body() got an unexpected keyword argument 'min_items'")

    case = Case(ready=ready, has_own_server=True)
    (found,) = check_server(case)
    assert (found.level.value, "min_items" in found.why, case.client) == ("wrong", True, None)


def test_an_extra_is_missed_where_it_is_used(tmp_path, monkeypatch):
    """A pair that has run needs its service's libraries, extras of extras too; without it nobody does."""
    old = tmp_path / "pillow-1.0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: pillow\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    (unused,) = check_extras(nothing())
    assert (unused.level.value, "not installed: dzen, vk" in unused.what) == ("ok", True)
    case = nothing()
    case.pairs = [PairRecord(source_id="telegram:42", destination_id="vk:-1", service="vk")]
    (found,) = check_extras(case)
    assert (found.level.value, found.mend) == ("wrong", "pip install -e '.[vk]' -c constraints.txt")
    assert "telegram:42 → vk:-1 needs pillow" in found.what


def shown(*, terminal, as_json):
    """Return what is printed of the findings."""
    file = io.StringIO()
    face = Face(
        console=Console(file=file, force_terminal=terminal, width=60, color_system="standard" if terminal else None)
    )
    _show(FINDINGS, face, as_json=as_json)
    return file.getvalue()


def test_findings_are_shown_to_whoever_reads_them():
    """In colour on a terminal, in plain whole lines elsewhere, as JSON for programs: with why and mend each time."""
    plain = shown(terminal=False, as_json=False)
    assert "\nwarn   runs: one is [old]\n       why: it was killed\n       mend: prefect flow-run delete 1\n" in plain
    assert plain.endswith("1 wrong, 1 to look at, 1 ok\n")
    assert "\x1b" not in plain
    colour = shown(terminal=True, as_json=False)
    assert "\x1b[1;31mwrong" in colour
    assert "→ prefect server start" in colour
    told = orjson.loads(shown(terminal=False, as_json=True))
    assert told["findings"][2]["mend"] == "prefect server start"
    assert told["verdict"] == verdict(FINDINGS)
    assert [is_wrong(FINDINGS[:number]) for number in (1, 2, 3)] == [False, False, True]
    assert verdict(FINDINGS[:1]) == "all is well: 1 ok"
