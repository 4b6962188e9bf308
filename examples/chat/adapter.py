"""Destination: a room of the chat service, each item a message with its files; see `examples.chat.server`."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import orjson
from pydantic import SecretStr

from adapters.contracts.errors import ConfigurationError, Rejected
from adapters.contracts.item import ContentItem, Media
from adapters.contracts.jobs import Action, Receipt
from adapters.contracts.limits import Limits
from adapters.contracts.ports import Grade, Rendered, Write
from adapters.http import Client, classify


class ChatDestination:
    """A chat room. The service drops a second message with the same nonce for an hour: it DEDUPLICATES."""

    service: ClassVar[str] = "chat"
    limits: ClassVar[Limits] = Limits(text=500, unit="utf-16", media=4, media_bytes=100_000)
    grade: Grade = Grade.DEDUPLICATES
    fallback: Grade = Grade.HOLDS
    key_life: timedelta | None = timedelta(minutes=57)
    settles_after: timedelta = timedelta(0)

    def __init__(self, url: str, room: str, token: SecretStr) -> None:
        self._url, self._room, self._token, self._client = url, room, token, Client()

    @property
    def identity(self) -> str:
        return f"chat:{self._room}"

    def check(self) -> None:
        headers = {"authorization": f"Bearer {self._token.get_secret_value()}"}
        answer = self._client.get(f"{self._url}/rooms/{self._room}", headers=headers, deadline=10)
        if error := classify(answer, self.identity):
            raise ConfigurationError(str(error)) from error

    def render(self, item: ContentItem) -> Rendered:
        lost = {"poll": item.poll, "location": item.location, "markup": item.spans}
        return Rendered(item.text, tuple(name for name, there in lost.items() if there))

    def write(self, write: Write) -> Receipt:
        path, method, body = f"/rooms/{self._room}/messages", "POST", dict[str, Any]()
        if write.item is not None:
            self.limits.check(write.item)
            done = dict(write.progress)
            files = [self._upload(write, done, str(n), medium) for n, medium in enumerate(write.item.media)]
            body = {"text": write.item.text, "files": files, "nonce": write.key}
        if write.held is not None:
            path, method = f"{path}/{write.held.remote_id}", "DELETE" if write.item is None else "PATCH"
        said = self._send(write, method, path, orjson.dumps(body), marked=True)
        remote_id = write.held.remote_id if write.held else str(said["id"])
        return Receipt(remote_id=remote_id, at=datetime.now(UTC), deleted=write.action is Action.DELETE)

    def _upload(self, write: Write, done: dict[str, str], number: str, medium: Media) -> str:
        if number not in done and write.media is not None:
            with (file := write.media(medium)).open() as stream:
                data = stream.read(100_001)
            if not 0 < len(data) == file.size <= 100_000:
                raise Rejected(f"{medium.name}: {len(data):,} bytes of {file.size:,}; 1 to 100,000 can be sent")
            done[number] = str(self._send(write, "POST", "/files", data, medium.mime)["id"])
            write.save(done)
        return done[number]

    def _send(self, write: Write, method: str, path: str, data: bytes, mime: str = "", *, marked: bool = False) -> Any:
        token, mark = self._token.get_secret_value(), write.sending if marked else None
        headers = {"authorization": f"Bearer {token}", "content-type": mime or "application/json"}
        url, deadline = self._url + path, write.deadline
        answer = self._client.send(
            method, url, content=data, headers=headers, deadline=deadline, before_first_byte=mark
        )
        error = classify(answer, f"{self.identity}: {method}", [token])
        if error and not (method == "DELETE" and answer.status == 404):  # gone is what was asked for
            raise error
        return orjson.loads(answer.body or b"{}")

    def close(self) -> None:
        self._client.close()
