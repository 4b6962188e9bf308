"""Sign in: let the pack into an account, once, and keep what that gives."""

from typing import Literal

from adapters.contracts.errors import ConfigurationError
from tasks.cli import main
from tasks.flow import Ended, flow


@flow(name="sign-in")
def sign_in(
    service: Literal["youtube", "telegram"], *, block: str = "", file: str = "", paste: bool = False, port: int = 0
) -> Ended:
    """Sign in to a service, and keep what lets flows into it.

    YouTube: in a browser; the OAuth client comes from YOUTUBE_CLIENT_ID and YOUTUBE_CLIENT_SECRET.

    Telegram: with phone, code and password in this terminal; the application comes from SYNDICATE_TELEGRAM_API_ID and
    SYNDICATE_TELEGRAM_API_HASH, or is asked for.

    Args:
        service: Where to sign in.
        block: A block to keep the credentials in, which flows then take as --youtube-block or --telegram-block; without
            one YouTube's token is printed, to be set as a variable, and Telegram's session goes into a file.
        file: Telegram: the file to keep the session in; one below PREFECT_HOME when it is empty.
        paste: YouTube: whether the browser is on another machine: the address at which it ends is pasted here.
        port: YouTube: the port at which the browser's answer is awaited; any free one when it is 0.
    """
    from prefect.states import Completed

    from tasks.report import FACE

    face = FACE.get()
    if face is None:
        raise ConfigurationError(f"signing in to {service} needs a person: run python flows/sign_in.py in a terminal")
    if service == "telegram":
        from tasks.run import with_store
        from tasks.telegram_sign_in import Terminal, sign_in_telegram

        console = face.console
        told = with_store(lambda store: sign_in_telegram(Terminal(console), store, block, file))
        console.print(str(told), markup=False, highlight=False)
        return Completed(message=str(told))

    from tasks.sign_in import sign_in_youtube

    return Completed(message=sign_in_youtube(face.console, block, port, paste=paste))


if __name__ == "__main__":
    main(sign_in)
