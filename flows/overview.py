"""Overview: every pair on one page: when it delivered last, what waits, what is dead, when it runs next."""

from typing import Annotated

from cyclopts import Parameter

from tasks.cli import command
from tasks.flow import Ended, flow


@flow(name="overview")
def overview(runs: int = 20) -> Ended:
    """Put every pair on one page: its state, its last delivery, what waits, what is dead, and its next run.

    Args:
        runs: How many of each pair's last runs the bars show.
    """
    from tasks.overview import publish

    return publish(runs)


def print_overview(*, runs: int = 20, as_json: Annotated[bool, Parameter(name="--json")] = False) -> int:
    """Show every pair: its state, its last delivery, what waits, what is dead, and its next run.

    Args:
        runs: How many of each pair's last runs the bars show.
        as_json: Print JSON.
    """
    from tasks.overview import show

    show(runs, as_json=as_json)
    return 0


if __name__ == "__main__":
    command(print_overview)
