"""Calls of VK's API and uploads to its servers: the token in a header, never in an address."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from pydantic import SecretStr

from adapters.contracts.errors import OutcomeUnknown, Rejected, SyndicateError, Transient
from adapters.contracts.ports import MediaFile, Pace
from adapters.http import Client, Response, classify, excerpt
from adapters.uploads import KeptAlive, deadline_for, form_body
from adapters.vk.address import VERSION
from adapters.vk.errors import error_of


@dataclass(frozen=True)
class Refusal:
    """An error that the caller has something to say to."""

    code: int
    message: str


class VkClient:
    """One account's way to VK; how requests look: dev.vk.com/api/api-requests."""

    def __init__(self, base_url: str, per_second: float, token: SecretStr, http: Client) -> None:
        """Take the address of VK's methods, the account's pace, and the token; nothing connects yet."""
        self._base_url = base_url
        self._per_second = per_second
        self._token = token
        self._http = http
        self.pace: Pace = _at_once
        said = token.get_secret_value().encode()
        # VK counts the requests of a token's owner, for whichever wall; a short digest names it from the start.
        self._account = f"vk:{hashlib.blake2b(said, digest_size=8).hexdigest()}"

    def read(self, method: str, parameters: Mapping[str, object], deadline: float) -> Any:
        """Ask for something; a lost answer is no doubt."""
        return self._call("GET", method, parameters, deadline, None, frozenset())

    def prepare(
        self, method: str, parameters: Mapping[str, object], deadline: float, but: frozenset[int] = frozenset()
    ) -> Any:
        """Do something that nobody sees before it is published; lost, it is done again. `but`: see `publish`."""
        try:
            return self._call("POST", method, parameters, deadline, None, but)
        except OutcomeUnknown as error:
            raise Transient(str(error)) from error

    def publish(
        self,
        method: str,
        parameters: Mapping[str, object],
        deadline: float,
        sending: Callable[[], None],
        but: frozenset[int] = frozenset(),
    ) -> Any:
        """Do something that people see; error codes in `but` come back as a Refusal, others are raised."""
        return self._call("POST", method, parameters, deadline, sending, but)

    def _call(
        self,
        verb: str,
        method: str,
        parameters: Mapping[str, object],
        deadline: float,
        sending: Callable[[], None] | None,
        but: frozenset[int],
    ) -> Any:
        """Call a method and return its answer."""
        form = urlencode({name: value for name, value in parameters.items() if value is not None} | {"v": VERSION})
        url = f"{self._base_url}/{method}"
        headers = {"authorization": f"Bearer {self._token.get_secret_value()}", "user-agent": "prefect-syndicate"}
        if verb == "POST":
            headers["content-type"] = "application/x-www-form-urlencoded"
        response = self._sent(
            verb, url if verb == "POST" else f"{url}?{form}", form if verb == "POST" else "", headers, deadline, sending
        )
        return self._answer(method, response, but)

    def _sent(
        self,
        verb: str,
        url: str,
        form: str,
        headers: Mapping[str, str],
        deadline: float,
        sending: Callable[[], None] | None,
    ) -> Response:
        """Send a call; a lost answer to a question is no doubt."""

        def turn() -> None:
            # When the connection stands: what takes its turn and is held up then comes together with others.
            self.pace(self._account, self._per_second)
            if sending is not None:
                sending()

        try:
            return self._http.send(
                verb, url, content=form.encode(), headers=headers, deadline=deadline, before_first_byte=turn
            )
        except OutcomeUnknown as error:
            if verb == "POST":
                raise
            raise Transient(str(error)) from error

    def _answer(self, method: str, response: Response, but: frozenset[int]) -> Any:
        """Read an answer: `response`, or `error` with HTTP 200."""
        error = classify(response, method, [self._token.get_secret_value()])
        if error is not None:
            raise error
        said = _json(response)
        if isinstance(said, dict) and "response" in said:
            return said["response"]
        problem = said.get("error") if isinstance(said, dict) else None
        if not isinstance(problem, dict) or not isinstance(problem.get("error_code"), int):
            raise OutcomeUnknown(f"{method}: the answer is none of VK's")
        code, message = problem["error_code"], self._harmless(str(problem.get("error_msg", "")))
        if code in but:
            return Refusal(code, message)
        raise error_of(code, message, method)

    def upload(
        self,
        url: str,
        field: str,
        name: str,
        mime: str,
        file: MediaFile,
        deadline: float,
        renew: Callable[[], None],
    ) -> dict[str, Any]:
        """Send a file's bytes to the address that VK gave for it and return what its server says."""
        body, content_type = form_body(field, name, mime, file, KeptAlive(renew))
        try:
            response = self._http.send(
                "POST",
                url,
                content=body,
                headers={"content-type": content_type, "user-agent": "prefect-syndicate"},
                deadline=deadline_for(body.size, deadline),
            )
            error: SyndicateError | None = classify(response, f"upload of {name}", [self._token.get_secret_value()])
        except OutcomeUnknown as lost:
            raise Transient(str(lost)) from lost
        if isinstance(error, OutcomeUnknown):
            raise Transient(str(error)) from error
        if error is not None:
            raise error
        said = _json(response)
        if not isinstance(said, dict):
            raise Transient(f"upload of {name}: the answer is none of VK's")
        return said

    def refused_upload(self, name: str, said: Mapping[str, Any]) -> Rejected:
        """Return the error for a file that an upload server did not take."""
        return Rejected(f"{name}: VK does not take this file ({self._harmless(orjson.dumps(said).decode())})")

    def _harmless(self, text: str) -> str:
        """Return what a service said as a message may show it."""
        return excerpt(text.encode(), [self._token.get_secret_value()])

    def close(self) -> None:
        """Close connections."""
        self._http.close()


def _json(response: Response) -> Any:
    """Read an answer's JSON; None for what is none. Half a character, as of a text that was cut, becomes a `?`."""
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError:
        pass
    try:
        whole = json.dumps(json.loads(response.body), ensure_ascii=False).encode(errors="replace")
        return orjson.loads(whole)
    except (ValueError, RecursionError):
        return None


def _at_once(account: str, per_second: float) -> None:
    """Keep no pace: nobody has said how."""
    del account, per_second
