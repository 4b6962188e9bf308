"""Sign in: let the pack into an account, once, and keep what that gives."""

from typing import Literal

from adapters.contracts.errors import ConfigurationError
from tasks.cli import main
from tasks.flow import Ended, flow


@flow(name="sign-in")
def sign_in(service: Literal["youtube"], *, block: str = "", paste: bool = False, port: int = 0) -> Ended:
    """Sign in to a service in a browser, and keep the refresh token.

    The OAuth client comes from YOUTUBE_CLIENT_ID and YOUTUBE_CLIENT_SECRET.

    Args:
        service: Where to sign in.
        block: A Secret block to keep the credentials in; without one the token is printed, to be set as a variable.
        paste: Whether the browser is on another machine: the address at which it ends is pasted here.
        port: The port at which the browser's answer is awaited; any free one when it is 0.
    """
    from prefect.states import Completed

    from tasks.report import FACE
    from tasks.sign_in import sign_in_youtube

    face = FACE.get()
    if face is None:
        raise ConfigurationError(f"signing in to {service} needs a person: run python flows/sign_in.py in a terminal")
    return Completed(message=sign_in_youtube(face.console, block, port, paste=paste))


if __name__ == "__main__":
    main(sign_in)
