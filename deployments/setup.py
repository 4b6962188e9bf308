"""Make a Prefect server what this pack needs: work pool, queues, blocks, deployments, alarms. Twice is once."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.request import urlopen

import cyclopts
from rich.console import Console
from rich.markup import escape

from adapters.contracts.errors import ConfigurationError
from deployments.parts import MISSING, Part, Report
from tasks.cli import complain

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

API = "PREFECT_API_URL"
QUIET = {"DO_NOT_TRACK": "1", "PREFECT_LOGGING_LEVEL": "CRITICAL"}
"""Prefect's settings here, unless somebody has set them: it asks a terminal about telemetry, and chats at exit."""
REFUSED = frozenset({401, 403})
MISTAKEN = 404
DEFAULT = Path(__file__).parents[1] / "prefect.yaml"

Files = Annotated[list[Path], cyclopts.Parameter(name="--prefect-file", consume_multiple=True)]


def setup(*, check: bool = False, wait: float = 0, prefect_file: Files = [DEFAULT]) -> int:  # noqa: B006 - the default is shown
    """Make on the server of PREFECT_API_URL what is missing or differs; what is as it should be is left alone.

    Blocks come from the environment (SYNDICATE_ALARM_URL, SYNDICATE_DATABASE_BLOCK with SYNDICATE_DATABASE_URL,
    SYNDICATE_WEBHOOK_SECRET). Exit code 0: all is as it should be; 1: it is not, with --check, or cannot be made.

    Args:
        check: Change nothing; say what is missing or differs.
        wait: Seconds to wait for a server that is still starting.
        prefect_file: Files that tell deployments; name your own pairs' file beside prefect.yaml.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    from httpx import HTTPError  # noqa: PLC0415 - `--help` does not wait for these
    from prefect.client.orchestration import get_client  # noqa: PLC0415
    from prefect.exceptions import PrefectException  # noqa: PLC0415

    api = _api()
    console = Console(highlight=False, soft_wrap=True)
    with get_client(sync_client=True) as client:
        try:
            _await(api, wait)
            _answers(client, api)
            reports = [_carry_out(part, console, check=check) for part in _parts(client, prefect_file)]
        except (HTTPError, PrefectException) as error:
            raise ConfigurationError(_trouble(error, api)) from None
    return _conclude(reports, console, check=check)


def _parts(client: SyncPrefectClient, files: Sequence[Path]) -> Iterator[Part]:
    """Yield the parts, each after those that it builds on."""
    from deployments.automations import Alarms  # noqa: PLC0415
    from deployments.blocks import Blocks  # noqa: PLC0415
    from deployments.deploying import Deployments  # noqa: PLC0415
    from deployments.pools import Pool, Queues  # noqa: PLC0415

    deployments, blocks = Deployments.told(client, [file.resolve() for file in files]), Blocks.told(client)
    yield Pool(client)
    yield Queues(client, deployments.queues())
    yield blocks
    yield deployments
    yield Alarms(client, blocks.alarm())


def _carry_out(part: Part, console: Console, *, check: bool) -> Report:
    """Look at one part, make what is wrong unless only checking, and tell; raises ConfigurationError."""
    before = Report(part.kind, part.look(), part.note())
    if not before.wrong or check:
        _tell(before, console, "")
        return before
    part.make(list(before.wrong))
    after = Report(part.kind, part.look(), part.note())
    if after.wrong:
        still = "; ".join(f"{name} {what}" for name, what in after.wrong.items())
        raise ConfigurationError(f"{part.kind}: made, and yet {still}. Is somebody else changing this server?")
    _tell(before, console, "made")
    return before


def _tell(report: Report, console: Console, done: str) -> None:
    """Print a line for a part, and one for each of its things that is not, or was not, as it should be."""
    right = len(report.drift) - len(report.wrong)
    if right:
        console.print(f"[green]✓[/green] {report.kind:<12}{right} as {'they' if right > 1 else 'it'} should be")
    for name, what in report.wrong.items():
        told = f"[green]+[/green] {report.kind:<12}" if done else f"[yellow]![/yellow] {report.kind:<12}"
        was = "made" if what == MISSING else f"mended ({what})"
        console.print(told + escape(f"{name}  {was if done else what}"))
    if report.note:
        console.print(f"[dim]·[/dim] {report.kind:<12}{escape(report.note)}")


def _conclude(reports: Sequence[Report], console: Console, *, check: bool) -> int:
    """Say what it all came to; returns the exit code."""
    wrong = sum(len(report.wrong) for report in reports)
    if not wrong:
        console.print("nothing to change")
    elif check:
        console.print(f"{wrong} to change. Next: python deployments/setup.py")
    else:
        console.print(f"{wrong} changed. Next: prefect worker start --pool syndicate")
    return 1 if wrong and check else 0


def _api() -> str:
    """Return the server's address, without what may be secret in it; raises ConfigurationError where none is named."""
    from prefect.settings import get_current_settings  # noqa: PLC0415

    api = get_current_settings().api.url
    if not api:
        raise ConfigurationError(f"which server? Set {API}, for example {API}=http://127.0.0.1:4200/api")
    scheme, _, rest = api.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _await(api: str, seconds: float) -> None:
    """Return when the server is up, or when it has not come up in time: then the first question tells why."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urlopen(f"{api}/health", timeout=5):  # noqa: S310 - the server that somebody has named
                return
        except OSError:
            time.sleep(0.5)


def _answers(client: SyncPrefectClient, api: str) -> None:
    """See that a server answers, lets us in and is new enough; raises ConfigurationError."""
    from packaging.version import Version  # noqa: PLC0415

    client.read_work_pools(limit=1)
    server, ours = Version(client.api_version()), Version(client.client_version())
    if server.major != ours.major or server.release[:2] < ours.release[:2]:
        raise ConfigurationError(
            f"the server at {api} runs Prefect {server} and this pack {ours}: a server must not be older than what "
            "talks to it. Upgrade the server, or install this pack where the server runs"
        )


def _trouble(error: Exception, api: str) -> str:
    """Say in one line why the server did not do as it was asked."""
    answer: Any = getattr(getattr(error, "http_exc", error), "response", None)
    status = answer.status_code if answer is not None else None
    if status == MISTAKEN:
        return f"{api} is no address of Prefect's API ({answer.request.url.path}: 404): {API} ends in /api"
    if status in REFUSED:
        return f"the server at {api} lets us do nothing ({status}): set PREFECT_API_AUTH_STRING, or PREFECT_API_KEY"
    if status is not None:
        return (
            f"the server at {api} answered {status} to {answer.request.method} {answer.request.url.path}; see its log"
        )
    return f"no server answers at {api} ({type(error).__name__}): start it (prefect server start), or mend {API}"


def main() -> None:
    """Run the command line; exits."""
    app = cyclopts.App(name="setup", result_action="return_value", version_flags=[])
    app.default(setup)
    try:
        code = app(exit_on_error=False, print_error=False)
    except (cyclopts.CycloptsError, ConfigurationError) as error:
        complain(str(error))
        code = 1
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
