"""Destination: a room of the chat service, each item a message with its files; see `examples.chat.server`."""

import mimetypes
from collections.abc import Mapping
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
        losses = [name for name in ("poll", "location", "forward") if getattr(item, name)]
        return Rendered(item.text, tuple(losses) + (("markup",) if item.spans else ()))

    def write(self, write: Write) -> Receipt:
        path, body, method = f"/rooms/{self._room}/messages", {}, "POST"
        if write.item is not None:
            self.limits.check(write.item)
            files = [self._upload(write, n, medium) for n, medium in enumerate(write.item.media)]
            body = {"text": write.item.text, "files": files}
        if write.held is None:
            body |= {"nonce": write.key}
        else:
            path, method = f"{path}/{write.held.remote_id}", "DELETE" if write.item is None else "PATCH"
        said = self._send(write, method, path, orjson.dumps(body), marked=True)
        gone = write.action is Action.DELETE
        remote_id = write.held.remote_id if write.held else str(said["id"])
        return Receipt(remote_id=remote_id, url=f"{self._url}{path}", at=datetime.now(UTC), deleted=gone)

    def _upload(self, write: Write, number: int, medium: Media) -> str:
        done: dict[str, str] = dict(write.progress)
        if str(number) in done or write.media is None:
            return done[str(number)]
        file = write.media(medium)
        with file.open() as stream:
            data = stream.read(100_001)
        if not data or len(data) != file.size or len(data) > 100_000:
            raise Rejected(f"{medium.name or medium.kind}: {len(data):,} bytes were read, 1 to 100,000 can be sent")
        mime = medium.mime or mimetypes.guess_type(medium.name)[0] or "application/octet-stream"
        done[str(number)] = str(self._send(write, "POST", "/files", data, mime=mime)["id"])
        write.save(done)
        return done[str(number)]

    def _send(
        self, write: Write, method: str, path: str, data: bytes, mime: str = "application/json", *, marked: bool = False
    ) -> Mapping[str, Any]:
        headers = {"authorization": f"Bearer {self._token.get_secret_value()}", "content-type": mime}
        before = write.sending if marked else None
        answer = self._client.send(
            method, self._url + path, content=data, headers=headers, deadline=write.deadline, before_first_byte=before
        )
        if method == "DELETE" and answer.status == 404:  # noqa: PLR2004 - it is gone: that is what was asked
            return {}
        if error := classify(answer, f"{self.identity}: {method} {path.rpartition('/')[0]}"):
            raise error
        said: dict[str, Any] = orjson.loads(answer.body or b"{}")
        return said

    def close(self) -> None:
        self._client.close()
