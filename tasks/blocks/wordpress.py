"""WordPress: a user of one site and an application password of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import HttpUrl, SecretStr, ValidationError

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing
from tasks.blocks.credentials import Credentials, variable

if TYPE_CHECKING:
    from adapters.sources.wordpress.settings import Login

SITE, USER = "SYNDICATE_WORDPRESS_SITE", "SYNDICATE_WORDPRESS_USER"
PASSWORD = "SYNDICATE_WORDPRESS_PASSWORD"  # noqa: S105 - the variable's name


class WordPressCredentials(Credentials):
    """A user of a WordPress site, and an application password: for private posts, drafts and the trash.

    Example:
        ```python
        from tasks.blocks import WordPressCredentials

        credentials = WordPressCredentials.load("BLOCK_NAME")
        print(credentials.check())
        ```
    """

    _block_type_name = "Syndicate WordPress Credentials"
    _block_type_slug = "syndicate-wordpress"
    _documentation_url = HttpUrl(
        "https://developer.wordpress.org/rest-api/using-the-rest-api/authentication/#basic-authentication-with-application-passwords"
    )
    service = "wordpress"

    user: str
    """The user's login name."""
    password: SecretStr
    """An application password of that user's, from Users → Profile; not the one to log in with."""
    site: str = ""
    """The address of the site that they are for: the check asks there, and no other site is given the password."""

    @classmethod
    def from_environment(cls) -> Self | None:
        """Return what the SYNDICATE_WORDPRESS_… variables hold."""
        from adapters.sources.wordpress.settings import Login

        user, password = variable(USER), variable(PASSWORD)
        if not user and not password:
            return None
        login = Login.of(user, SecretStr(password))
        return cls(user=login.user, password=login.password, site=variable(SITE))

    def login_for(self, site: str) -> Login:
        """Return the login for a site; raises ConfigurationError for another one than it is for."""
        from adapters.sources.wordpress.settings import Login, name_of

        if self.site and name_of(_whole(self.site)) != name_of(_whole(site)):
            raise ConfigurationError(
                f"the WordPress block's password is for {_whole(self.site)} and is not given to {_whole(site)}: name "
                "the block of that site"
            )
        return Login.of(self.user, self.password)

    def unasked(self) -> str:
        """Say that no site is named."""
        return "" if self.site else f"no site is named that could be asked: fill in the block's site, or set {SITE}"

    def check(self) -> Standing:
        """Ask the site who we are; raises ConfigurationError where no site is named."""
        from adapters.sources.wordpress.settings import WordPressSettings
        from tasks.options import one_line

        if reason := self.unasked():
            raise ConfigurationError(reason)
        try:
            settings = WordPressSettings(wordpress=self.site)
        except ValidationError as error:
            raise one_line(error) from None
        try:
            from adapters.sources.wordpress.account import standing
        except ImportError as error:
            raise ConfigurationError("a WordPress site needs lxml: pip install -e '.[wordpress]'") from error
        return standing(settings, self.login_for(self.site))


def _whole(site: str) -> str:
    """Return an address with its scheme, as a person may leave it out."""
    return site if "://" in site else f"https://{site}"
