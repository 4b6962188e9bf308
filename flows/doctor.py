"""Doctor: what is wrong with this installation, why, and the command that mends it."""

from typing import Annotated

from cyclopts import Parameter

from tasks.cli import main_outside
from tasks.flow import Ended, flow

AsJson = Annotated[bool, Parameter(name="--json")]


@flow(name="doctor")
def doctor(*, as_json: AsJson = False) -> Ended:
    """Look at versions, server, workers, job store, blocks, tokens and disks; say what is wrong and how it is mended.

    It changes nothing, and answers where Prefect's server does not. Run it where the runs run: their environment is
    what it looks at. Exit code 0: nothing is wrong; 1: something is.

    Args:
        as_json: Print JSON, one object.
    """
    from tasks.doctor.report import look

    return look(as_json=as_json)


if __name__ == "__main__":
    main_outside(doctor)
