"""Whom an application password lets into a WordPress site (developer.wordpress.org/rest-api/reference/users/)."""

from __future__ import annotations

import time

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing
from adapters.http import Client, origin
from adapters.sources.wordpress.api import LONGEST, PASSWORD, Api
from adapters.sources.wordpress.settings import Login, WordPressSettings

OTHERS_POSTS = "edit_others_posts"
"""The capability by which one sees drafts, private posts and the trash of others: an editor's."""


def standing(settings: WordPressSettings, login: Login) -> Standing:
    """Ask the site who we are, and what we may see there."""
    client = Client(longest=LONGEST)
    api = Api(settings, login, client, time.sleep)
    try:
        api.index()
        me = api.expect("wp/v2/users/me", {"context": "edit", "_fields": "name,roles,capabilities"})
    finally:
        client.close()
    if not isinstance(me, dict):
        raise ConfigurationError(f"{origin(settings.wordpress)} does not say who we are: {PASSWORD}")
    roles = ", ".join(str(role) for role in me.get("roles") or ()) or "no role"
    can = f"signed in at {origin(settings.wordpress)} as {me.get('name') or login.user} ({roles})"
    capabilities = me.get("capabilities")
    if isinstance(capabilities, dict) and capabilities.get(OTHERS_POSTS):
        return Standing(f"{can}: sees everybody's private posts, drafts and trash, until the password is revoked")
    return Standing(
        f"{can}: sees what this user may see",
        "others' private posts, drafts and trash stay hidden: give the user the role Editor where they are wanted",
    )
