"""OAuth: access tokens from the refresh token, and a person's first sign-in (installed application, loopback, PKCE).

developers.google.com/identity/protocols/oauth2/native-app; PKCE is RFC 7636.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import SecretStr

from adapters.contracts.errors import ConfigurationError, OutcomeUnknown, RateLimited, Transient
from adapters.destinations.youtube.errors import field, json_of
from adapters.destinations.youtube.settings import Addresses, Credentials
from adapters.http import Client, Response, boottime, classify, origin

SCOPE = "https://www.googleapis.com/auth/youtube"
"""Manage your YouTube account: uploads, edits, deletions and playlists; nothing smaller covers them."""
EARLY = 60.0
"""Seconds before its end from which a token is not used any more."""
SIGN_IN = "python flows/sign_in.py youtube"


class Tokens:
    """Keeps one access token in memory, and gets another when it ends."""

    def __init__(self, credentials: Credentials, address: str, client: Client) -> None:
        self._credentials = credentials
        self._address = address
        self._client = client
        self._access = SecretStr("")
        self._until = 0.0

    def header(self, deadline: float) -> dict[str, str]:
        """Return the header that lets a request in; raises ConfigurationError when the refresh token is refused."""
        if not self._access.get_secret_value() or boottime() >= self._until:
            self._refresh(deadline)
        return {"authorization": f"Bearer {self._access.get_secret_value()}"}

    def drop(self) -> None:
        """Forget the access token: it was not accepted."""
        self._access = SecretStr("")

    def hidden(self) -> list[str]:
        """Return what no message may repeat."""
        kept = (self._access, self._credentials.client_secret, self._credentials.refresh_token)
        return [value for one in kept if (value := one.get_secret_value())]

    def _refresh(self, deadline: float) -> None:
        """Get an access token."""
        token = self._credentials.refresh_token.get_secret_value()
        said = ask(
            self._client,
            self._address,
            self._credentials,
            {"grant_type": "refresh_token", "refresh_token": token},
            deadline,
        )
        self._access = SecretStr(str(said["access_token"]))
        self._until = boottime() + float(str(said.get("expires_in", 0))) - EARLY


def ask(
    client: Client, address: str, credentials: Credentials, form: dict[str, str], deadline: float
) -> dict[str, object]:
    """Ask the token endpoint; a lost answer is no doubt, for the same question may be put again."""
    body = form | {
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret.get_secret_value(),
    }
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    try:
        response = client.send("POST", address, content=urlencode(body).encode(), headers=headers, deadline=deadline)
    except OutcomeUnknown as error:
        raise Transient(str(error)) from error
    _refuse(response, f"the sign-in service at {origin(address)}")
    said = json_of(response)
    if not isinstance(said, dict) or not isinstance(said.get("access_token"), str):
        raise Transient(f"the sign-in service at {origin(address)} gave no access token")
    if SCOPE not in str(said.get("scope", SCOPE)).split():
        raise ConfigurationError(f"the sign-in gave no right to manage the channel: {SIGN_IN}, and tick every box")
    return said


def _refuse(response: Response, what: str) -> None:
    """Raise what a refusal means; it never repeats what was sent."""
    code = field(json_of(response), "error")
    if code == "invalid_grant":
        raise ConfigurationError(
            "Google does not take the refresh token any more (revoked, unused for six months, or a week old where the "
            f"consent screen is still in testing): {SIGN_IN}"
        )
    if code in {"invalid_client", "unauthorized_client"}:
        raise ConfigurationError("Google does not know the OAuth client: check YOUTUBE_CLIENT_ID and its secret")
    error = classify(Response(response.status, response.headers, b""), what)
    if isinstance(error, RateLimited):
        raise error
    if isinstance(error, OutcomeUnknown):
        raise Transient(str(error))
    if error is not None:
        raise ConfigurationError(f"{what} answered {response.status}; check the OAuth client")


class SignIn:
    """One person's sign-in: an address to open, and what its redirect brings back."""

    def __init__(self, credentials: Credentials, addresses: Addresses, redirect: str, client: Client) -> None:
        self._credentials = credentials
        self._addresses = addresses
        self._redirect = redirect
        self._client = client
        self._state = secrets.token_urlsafe(16)
        self._verifier = secrets.token_urlsafe(48)

    @property
    def address(self) -> str:
        """The page on which the person agrees."""
        digest = hashlib.sha256(self._verifier.encode()).digest()
        asked = {
            "client_id": self._credentials.client_id,
            "redirect_uri": self._redirect,
            "response_type": "code",
            "scope": SCOPE,
            "access_type": "offline",
            # Without it a second sign-in brings no refresh token.
            "prompt": "consent",
            "state": self._state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self._addresses.auth}?{urlencode(asked)}"

    def finish(self, redirected: str, deadline: float) -> Credentials:
        """Turn the address that the person was sent back to into credentials; raises ConfigurationError."""
        query = parse_qs(urlsplit(redirected.strip()).query)
        if "error" in query:
            raise ConfigurationError(f"the sign-in was refused: {query['error'][0][:100]}")
        if query.get("state") != [self._state] or "code" not in query:
            raise ConfigurationError("this address belongs to no sign-in begun here: begin anew")
        form = {
            "grant_type": "authorization_code",
            "code": query["code"][0],
            "code_verifier": self._verifier,
            "redirect_uri": self._redirect,
        }
        said = ask(self._client, self._addresses.token, self._credentials, form, deadline)
        if not said.get("refresh_token"):
            raise ConfigurationError("Google gave no refresh token: remove the app's access in the account and retry")
        return self._credentials.model_copy(update={"refresh_token": SecretStr(str(said["refresh_token"]))})
