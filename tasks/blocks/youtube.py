"""YouTube: an OAuth client and the refresh token of a person's sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import HttpUrl, SecretStr

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing
from tasks.blocks.credentials import Credentials, variable

if TYPE_CHECKING:
    from adapters.destinations.youtube import Credentials as Login

ID, SECRET, REFRESH = "YOUTUBE_CLIENT_ID", "YOUTUBE_CLIENT_SECRET", "YOUTUBE_REFRESH_TOKEN"


class YouTubeCredentials(Credentials):
    """An OAuth client of Google's, and the refresh token by which it manages one channel.

    `python flows/sign_in.py youtube --block NAME` fills it in.

    Example:
        ```python
        from tasks.blocks import YouTubeCredentials

        credentials = YouTubeCredentials.load("BLOCK_NAME")
        print(credentials.check())
        ```
    """

    _block_type_name = "Syndicate YouTube Credentials"
    _block_type_slug = "syndicate-youtube"
    _documentation_url = HttpUrl("https://developers.google.com/youtube/v3/guides/auth/installed-apps")
    service = "youtube"

    client_id: str
    """The OAuth client's id, of the kind Desktop app; it begins with the number of the project whose quota is spent."""
    client_secret: SecretStr
    """The OAuth client's secret."""
    refresh_token: SecretStr = SecretStr("")
    """What flows/sign_in.py got when the channel's owner agreed."""

    @classmethod
    def from_environment(cls) -> Self | None:
        """Return what the three YOUTUBE_… variables hold."""
        values = {name: variable(name) for name in (ID, SECRET, REFRESH)}
        if not any(values.values()):
            return None
        if missing := [name for name, value in values.items() if not value]:
            raise ConfigurationError(
                f"{' and '.join(missing)} is not set, and the others are: python flows/sign_in.py youtube tells the "
                "refresh token, docs/youtube.md where the client comes from"
            )
        return cls(
            client_id=values[ID],
            client_secret=SecretStr(values[SECRET]),
            refresh_token=SecretStr(values[REFRESH]),
        )

    @classmethod
    def of(cls, login: Login) -> Self:
        """Return the block that keeps a sign-in."""
        return cls(client_id=login.client_id, client_secret=login.client_secret, refresh_token=login.refresh_token)

    @property
    def login(self) -> Login:
        """The sign-in as the adapter takes it."""
        from adapters.destinations.youtube import Credentials as Login

        return Login(client_id=self.client_id, client_secret=self.client_secret, refresh_token=self.refresh_token)

    def check(self) -> Standing:
        """Ask YouTube which channel this manages; one unit of the day's quota."""
        from adapters.destinations.youtube.account import standing
        from adapters.http import Client
        from tasks.places.youtube import addresses

        client = Client()
        try:
            return standing(self.login, addresses(), client)
        finally:
            client.close()
