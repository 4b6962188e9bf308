"""A WordPress site as a pair's source."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from adapters.contracts.errors import ConfigurationError
from adapters.sources.wordpress.settings import Login, WordPressSettings
from tasks.groups import Source

if TYPE_CHECKING:
    from adapters.sources.wordpress.source import WordPressSource

USER = "SYNDICATE_WORDPRESS_USER"
PASSWORD = "SYNDICATE_WORDPRESS_PASSWORD"  # noqa: S105 - the variable's name


class WordPress(WordPressSettings, Source):
    """The site."""

    wordpress_block: str = ""
    """The name of a Syndicate WordPress Credentials block; without one user and password come from what follows."""
    wordpress_user: str = ""
    """The user to read as, for what not everybody sees; without one it comes from SYNDICATE_WORDPRESS_USER."""
    password_block: str = ""
    """The name of a Secret block with that user's application password; without one it comes from
    SYNDICATE_WORDPRESS_PASSWORD."""

    def open(self) -> WordPressSource:
        """Return the adapter; without a password it reads what everybody may read."""
        try:
            from adapters.sources.wordpress.source import WordPressSource
        except ImportError as error:
            raise ConfigurationError("a WordPress site needs lxml: pip install -e '.[wordpress]'") from error
        settings = WordPressSettings(**self.model_dump(exclude={"wordpress_block", "wordpress_user", "password_block"}))
        return WordPressSource(settings, self._login())

    def _login(self) -> Login | None:
        """Return the login from where it is named; None where there is none."""
        from tasks.credentials import loaded, secret

        if self.wordpress_block:
            from tasks.blocks.wordpress import WordPressCredentials

            return loaded(WordPressCredentials, self.wordpress_block).login_for(self.wordpress)
        user, password = self.wordpress_user or os.environ.get(USER, ""), secret(PASSWORD, self.password_block)
        return Login.of(user, password) if user or password is not None else None
