"""Sign-in: a person lets the pack into an account once; what that gives goes to the terminal or into a Secret block."""

from __future__ import annotations

import json

from prefect.blocks.system import Secret
from rich.console import Console
from rich.markup import escape

from adapters.contracts.errors import ConfigurationError
from adapters.destinations.youtube import Addresses, Credentials, SignIn, channels_of
from adapters.destinations.youtube.loopback import Loopback
from adapters.http import Client
from tasks.blocks.youtube import YouTubeCredentials
from tasks.credentials import secret_or_none
from tasks.places.youtube import REFRESH, addresses, client_of

DEADLINE = 25.0
"""Seconds a request may take."""
PASTED_PORT = 8400
"""Where nobody listens: the address that the browser then shows is pasted."""


def sign_in_youtube(console: Console, block: str, port: int, *, paste: bool) -> str:
    """Sign in to a YouTube channel; returns one line about it that holds no secret."""
    client, where, credentials = Client(), addresses(), client_of(block)
    try:
        done = _agreed(console, credentials, where, client, port, paste=paste)
        channels = channels_of(done, where, client, DEADLINE)
    finally:
        client.close()
    if not channels:
        raise ConfigurationError("this account has no YouTube channel: make one at youtube.com, then sign in again")
    if block:
        console.print(f"kept in the block {block!r}: give it as {_keep(done, block)} {block}", highlight=False)
    else:
        console.print("set these where the flows run, beside the client's own:", highlight=False)
        console.print(f"{REFRESH}={done.refresh_token.get_secret_value()}", highlight=False, soft_wrap=True)
    for channel, title in channels:
        console.print(f"[bold]--channel {escape(channel)}[/bold]  {escape(title)}", highlight=False)
    return f"signed in to {', '.join(channel for channel, _ in channels)}"


def _keep(done: Credentials, block: str) -> str:
    """Keep a sign-in and return the option that names its block; a Secret block of that name is filled as before."""
    if secret_or_none(block) is None:
        YouTubeCredentials.of(done).save(block, overwrite=True)
        return "--youtube-block"
    value = {
        "client_id": done.client_id,
        "client_secret": done.client_secret.get_secret_value(),
        "refresh_token": done.refresh_token.get_secret_value(),
    }
    Secret(value=json.dumps(value)).save(block, overwrite=True)
    return "--credentials-block"


def _agreed(
    console: Console, credentials: Credentials, where: Addresses, client: Client, port: int, *, paste: bool
) -> Credentials:
    """Have a person agree in a browser, here or elsewhere."""
    if paste:
        asked = SignIn(credentials, where, f"http://127.0.0.1:{port or PASTED_PORT}", client)
        _show(console, asked)
        console.print("The browser ends at a page that cannot be opened. Paste its whole address here:")
        try:
            return asked.finish(input(), DEADLINE)
        except EOFError:
            raise ConfigurationError("nothing was pasted: run it in a terminal") from None
    with Loopback(port) as loopback:
        asked = SignIn(credentials, where, loopback.address, client)
        _show(console, asked)
        return asked.finish(loopback.wait(), DEADLINE)


def _show(console: Console, asked: SignIn) -> None:
    """Print the page to open."""
    console.print("Open this in a browser and agree:", highlight=False)
    console.print(asked.address, highlight=False, soft_wrap=True, markup=False)
