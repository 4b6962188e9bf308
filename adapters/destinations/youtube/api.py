"""The API: one request with its token, once; a token that has ended early is replaced on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from adapters.contracts.errors import ConfigurationError, OutcomeUnknown, Transient
from adapters.destinations.youtube.errors import error_of, json_of
from adapters.destinations.youtube.oauth import Tokens
from adapters.http import Body, Client, Response, origin

PAGE = 50
"""Entries; the API's most."""


class Api:
    """Speaks to YouTube's Data API, version 3."""

    def __init__(self, base: str, tokens: Tokens, client: Client) -> None:
        self._base = base.rstrip("/")
        self._tokens = tokens
        self._client = client

    def url(self, path: str, query: Mapping[str, str]) -> str:
        """Return the address of a method."""
        return f"{self._base}{path}?{urlencode(query)}"

    def read(self, path: str, query: Mapping[str, str], deadline: float) -> dict[str, Any]:
        """Read; tried a few times while the trouble may pass. Raises Rejected with the reason for what is not there."""
        address = self.url(path, query)
        response = self._client.get(address, headers=self._tokens.header(deadline), deadline=deadline)
        if response.status == 401:  # noqa: PLR2004 - RFC 9110: not these credentials
            self._tokens.drop()
            response = self._client.get(address, headers=self._tokens.header(deadline), deadline=deadline)
        try:
            said = self.checked(response, path)
        except OutcomeUnknown as error:
            raise Transient(str(error)) from error
        if not isinstance(said, dict):
            raise Transient(f"YouTube ({path}): an answer that is no JSON object")
        return said

    def send(
        self,
        method: str,
        address: str,
        content: bytes | Body,
        headers: Mapping[str, str],
        deadline: float,
        before: Callable[[], None] | None = None,
    ) -> Response:
        """Send one request and return its answer, whatever it is; sent again only where the token was refused."""
        self._trusted(address)
        for last in (False, True):
            response = self._client.send(
                method,
                address,
                content=content,
                headers={**headers, **self._tokens.header(deadline)},
                deadline=deadline,
                before_first_byte=before,
            )
            if response.status != 401 or last:  # noqa: PLR2004
                break
            self._tokens.drop()
        return response

    def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: object,
        deadline: float,
        before: Callable[[], None] | None = None,
    ) -> Any:
        """Send JSON and return the answer's; raises what a refusal means."""
        headers = {"content-type": "application/json; charset=UTF-8"}
        content = b"" if body is None else orjson.dumps(body)
        return self.checked(self.send(method, self.url(path, query), content, headers, deadline, before), path)

    def checked(self, response: Response, what: str) -> Any:
        """Return an answer's JSON; raises what a refusal means."""
        error = error_of(response, f"YouTube ({what})", self._tokens.hidden())
        if error is not None:
            raise error
        return json_of(response)

    def _trusted(self, address: str) -> None:
        """Refuse to carry the token anywhere but to YouTube: session addresses come out of answers."""
        if origin(address) == origin(self._base):
            return
        parts = urlsplit(address)
        if parts.scheme != "https" or not (parts.hostname or "").endswith(".googleapis.com"):
            raise ConfigurationError(
                f"{origin(address)} is not YouTube: nothing was sent there; check YOUTUBE_BASE_URL"
            )
