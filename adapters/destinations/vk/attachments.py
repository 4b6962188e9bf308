"""Attachments of a post: uploads in steps, each one's progress kept, and names of what is there already used again.

Steps follow dev.vk.com/api/upload. Progress of a medium, by its place among the item's media:
  photo   `saving`: what the upload server said → `name`
  video   `name` and `url`, known before the bytes are sent → `sent`
  doc     `saving`: what the upload server said → `name`
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import orjson

from adapters.contracts.errors import Rejected
from adapters.contracts.item import Media, Poll
from adapters.contracts.ports import MediaFile, MediaMissing, Write
from adapters.destinations.vk.mapping import Attached, Piece
from adapters.destinations.vk.settings import DOCUMENTS, PICTURES, VkSettings
from adapters.media import type_of
from adapters.pictures import fit
from adapters.vk.client import Refusal, VkClient

NOT_SAVED = frozenset({105, 118, 121, 129})
"""Not saved: what was uploaded is forgotten, or was saved by a request whose answer was lost."""
TITLE = 128
"""Characters of a video's or a document's title."""


@dataclass
class Attachments:
    """The attachments of one write."""

    client: VkClient
    settings: VkSettings
    write: Write
    progress: dict[str, Any]
    """Of the whole write; saved after each step."""
    there: list[list[str]]
    """[name, content] of attachments that the edited post has: used again before anything is uploaded."""

    def names(self, pieces: tuple[Piece, ...], poll: Poll | None) -> list[str]:
        """Return the names of a post's attachments; uploads what is not at VK yet."""
        found = [self._name(piece) for piece in pieces]
        return found + ([self._poll(poll)] if poll is not None else [])

    def known(self, pieces: tuple[Piece, ...], poll: Poll | None) -> list[str] | None:
        """Return the names of a post's attachments, None where one is not at VK yet: then it was never published."""
        states = [self._state(str(piece.number)) for piece in pieces]
        states += [self._state("poll")] if poll is not None else []
        done = all("name" in state and state.get("sent", True) for state in states)
        return [state["name"] for state in states] if done else None

    def kept(self) -> list[list[str]]:
        """Return [name, content] of all attachments, for the receipt."""
        states: dict[str, dict[str, str]] = self.progress.get("media", {})
        return [[state["name"], state["content"]] for state in states.values() if "name" in state]

    def _state(self, place: str) -> dict[str, Any]:
        """Return what is reached of one attachment."""
        state: dict[str, Any] = self.progress.setdefault("media", {}).setdefault(place, {})
        return state

    def _save(self) -> None:
        """Keep the progress, which renews the lease."""
        self.write.save(self.progress)

    def _reused(self, state: dict[str, Any], content: str) -> bool:
        """Take the name of the same content from the post as it was."""
        same = next((one for one in self.there if one[1] == content), None)
        if same is not None:
            self.there.remove(same)
            state |= {"name": same[0], "content": content}
        return same is not None

    def _poll(self, poll: Poll) -> str:
        """Create a poll, or name it."""
        answers = orjson.dumps([answer.text for answer in poll.answers]).decode()
        content = hashlib.sha256(f"{poll.question}\n{answers}".encode()).hexdigest()
        state = self._state("poll")
        if "name" not in state and not self._reused(state, content):
            asked = {"question": poll.question, "owner_id": self.settings.owner_id, "add_answers": answers}
            made = self.client.prepare("polls.create", asked | {"is_anonymous": 1}, self.write.deadline)
            state |= {"name": f"poll{made['owner_id']}_{made['id']}", "content": content}
            self._save()
        return str(state["name"])

    def _name(self, piece: Piece) -> str:
        """Return a medium's name at VK."""
        state, content = self._state(str(piece.number)), f"{piece.kind}:{piece.medium.sha256}"
        if "name" in state and state.get("sent", True):
            return str(state["name"])
        if not state and piece.medium.sha256 and self._reused(state, content):
            return str(state["name"])
        state["content"] = content
        steps: dict[Attached, Callable[[Media, dict[str, Any]], None]] = {
            Attached.PHOTO: self._photo,
            Attached.VIDEO: self._video,
            Attached.DOC: self._doc,
        }
        steps[piece.kind](piece.medium, state)
        return str(state["name"])

    def _file(self, medium: Media) -> MediaFile:
        """Find a medium's bytes."""
        if self.write.media is None:
            raise Rejected(f"{title_of(medium)}: nobody kept its bytes")
        try:
            return self.write.media(medium)
        except MediaMissing as error:
            raise Rejected(str(error)) from error

    def _upload(self, url: str, field: str, name: str, mime: str, file: MediaFile) -> dict[str, Any]:
        """Send bytes, and keep the lease meanwhile."""
        return self.client.upload(url, field, name, mime, file, self.write.deadline, self._save)

    @property
    def _group(self) -> dict[str, object]:
        """Name the community that a file is for."""
        return {"group_id": self.settings.community or None}

    def _photo(self, medium: Media, state: dict[str, Any]) -> None:
        """Upload and save a photo: dev.vk.com/api/upload/wall-photo."""
        if "saving" in state and self._photo_saved(state):
            return
        name = title_of(medium)
        fitted = fit(name, self._file(medium), PICTURES)
        place = self.client.read("photos.getWallUploadServer", self._group, self.write.deadline)
        ending = mimetypes.guess_extension(fitted.mime) or ".jpg"
        said = self._upload(place["upload_url"], "photo", f"photo{ending}", fitted.mime, fitted.file)
        if said.get("photo") in {None, "", "[]"}:
            raise self.client.refused_upload(name, said)
        state["saving"] = {part: said.get(part) for part in ("server", "photo", "hash")}
        self._save()
        if not self._photo_saved(state):
            raise Rejected(f"{name}: VK took the photo's bytes and does not save it")

    def _photo_saved(self, state: dict[str, Any]) -> bool:
        """Save an uploaded photo; False where VK knows no such upload."""
        asked = state["saving"] | self._group
        said = self.client.prepare("photos.saveWallPhoto", asked, self.write.deadline, NOT_SAVED)
        del state["saving"]
        if isinstance(said, Refusal):
            return False
        state["name"] = f"photo{said[0]['owner_id']}_{said[0]['id']}"
        self._save()
        return True

    def _video(self, medium: Media, state: dict[str, Any]) -> None:
        """Make a video and send its bytes: dev.vk.com/api/upload/video-in-profile; it has its name before them."""
        name, file = title_of(medium), self._file(medium)
        mime = type_of(file)
        if not mime.startswith("video/"):
            raise Rejected(f"{name} is no video, whatever its name says ({mime or 'of an unknown type'})")
        if "name" in state and self._has_bytes(state["name"]):
            state["sent"] = True
            self._save()
            return
        for fresh in ("name" not in state, True):
            if fresh:
                asked = {"name": name[:TITLE], "wallpost": 0} | self._group
                made = self.client.prepare("video.save", asked, self.write.deadline)
                state |= {"name": f"video{made['owner_id']}_{made['video_id']}", "url": made["upload_url"]}
                state["sent"] = False
                self._save()
            said = self._upload(state["url"], "video_file", file_name(medium, mime), mime, file)
            if "error" not in said:
                state["sent"] = True
                del state["url"]
                self._save()
                return
            if fresh:
                break
        raise self.client.refused_upload(name, said)

    def _has_bytes(self, name: str) -> bool:
        """Say whether an earlier attempt's bytes have arrived: a video that VK has worked on has a length."""
        asked = {"owner_id": self.settings.owner_id, "videos": name.removeprefix("video")}
        found = self.client.read("video.get", asked, self.write.deadline)["items"]
        return bool(found and found[0].get("duration"))

    def _doc(self, medium: Media, state: dict[str, Any]) -> None:
        """Upload and save a document: dev.vk.com/api/upload/document."""
        if "saving" in state and self._doc_saved(medium, state):
            return
        name, file = title_of(medium), self._file(medium)
        mime = type_of(file)
        DOCUMENTS.check(name, mime, file.size)
        place = self.client.read("docs.getWallUploadServer", self._group, self.write.deadline)
        said = self._upload(
            place["upload_url"], "file", file_name(medium, mime), mime or "application/octet-stream", file
        )
        if not said.get("file"):
            raise self.client.refused_upload(name, said)
        state["saving"] = {"file": said["file"]}
        self._save()
        if not self._doc_saved(medium, state):
            raise Rejected(f"{name}: VK took the document's bytes and does not save it")

    def _doc_saved(self, medium: Media, state: dict[str, Any]) -> bool:
        """Save an uploaded document; False where VK knows no such upload."""
        asked = state["saving"] | {"title": title_of(medium)[:TITLE]}
        said = self.client.prepare("docs.save", asked, self.write.deadline, NOT_SAVED)
        del state["saving"]
        if isinstance(said, Refusal):
            return False
        doc = said[said["type"]]
        state["name"] = f"doc{doc['owner_id']}_{doc['id']}"
        self._save()
        return True


def title_of(medium: Media) -> str:
    """Name a medium for people: its title, else its file's name without folders."""
    plain = PurePosixPath(medium.name.replace("\\", "/")).name
    return medium.title or plain or str(medium.kind).replace("_", " ")


def file_name(medium: Media, mime: str) -> str:
    """Return a file's name with an ending that fits what it is."""
    plain = PurePosixPath(medium.name.replace("\\", "/")).name or str(medium.kind)
    return plain if PurePosixPath(plain).suffix else plain + (mimetypes.guess_extension(mime) or ".bin")
