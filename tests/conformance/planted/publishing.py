"""Faults planted in the chat adapter: each a way in which real adapters have lost, doubled or leaked."""

from __future__ import annotations

import logging
import random
import threading
import time
import unicodedata
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx

from adapters.contracts.errors import LeaseLost, OutcomeUnknown, RateLimited, Rejected, SyndicateError, Transient
from adapters.contracts.jobs import Receipt
from adapters.contracts.limits import Limits
from adapters.contracts.ports import Rendered, Write
from examples.chat.adapter import ChatDestination


class WritesTwice(ChatDestination):
    """Posts every message twice."""

    def write(self, write: Write) -> Receipt:
        super().write(replace(write, key=write.key + "+"))
        return super().write(write)


class SwallowsErrors(ChatDestination):
    """Says that all went well whatever the service answered."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except (OutcomeUnknown, Rejected):
            return Receipt(remote_id="m0", at=datetime.now(UTC))


class RandomNonce(ChatDestination):
    """Draws a nonce for each request."""

    def write(self, write: Write) -> Receipt:
        return super().write(replace(write, key=str(random.random())))


class NonceOfTheMoment(ChatDestination):
    """Takes the time into the nonce."""

    def write(self, write: Write) -> Receipt:
        return super().write(replace(write, key=f"{write.key}@{time.monotonic()}"))


class NonceOfTheItem(ChatDestination):
    """Leaves the revision out of the nonce, so that a second creation that somebody asked for is dropped."""

    def write(self, write: Write) -> Receipt:
        return super().write(replace(write, key=write.key.rpartition("|")[0]))


class MarksAfterwards(ChatDestination):
    """Commits the mark when the answer is there."""

    def write(self, write: Write) -> Receipt:
        receipt = super().write(replace(write, sending=lambda: None))
        write.sending()
        return receipt


class NeverMarks(ChatDestination):
    """Does not say when it sends."""

    def write(self, write: Write) -> Receipt:
        return super().write(replace(write, sending=lambda: None))


class SendsWithoutTheLease(ChatDestination):
    """Sends although the mark could not be committed."""

    def write(self, write: Write) -> Receipt:
        def careless() -> None:
            with suppress(LeaseLost):
                write.sending()

        return super().write(replace(write, sending=careless))


class ForgetsDoubt(ChatDestination):
    """Takes a lost answer for an error that passes."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except OutcomeUnknown as error:
            raise Transient(str(error)) from error


class RejectsWhatIsUnknown(ChatDestination):
    """Takes a server's error for a refusal."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except OutcomeUnknown as error:
            raise Rejected(str(error)) from error


class ThrottledIsRejected(ChatDestination):
    """Gives an item up because the service asked to wait."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except RateLimited as error:
            raise Rejected(str(error)) from error


class ComesBackEarly(ChatDestination):
    """Waits a second, whatever it was told."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except RateLimited as error:
            raise RateLimited(str(error), 1.0) from error


class ThrottledIsTransient(ChatDestination):
    """Forgets how long it was told to wait."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except RateLimited as error:
            raise Transient(str(error)) from error


class BadTokenIsRejected(ChatDestination):
    """Burns item after item because its token is no longer good."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except SyndicateError as error:
            raise (Rejected(str(error)) if "credentials" in str(error) else error) from error


class RefusalIsTransient(ChatDestination):
    """Tries for ever what is refused for good."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except Rejected as error:
            raise Transient(str(error)) from error


class LeaksInMessages(ChatDestination):
    """Writes its token into the error."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except Rejected as error:
            raise Rejected(f"{error} (token {self._token.get_secret_value()})") from error


class LeaksInRepr(ChatDestination):
    """Shows its token to whoever prints it."""

    def __repr__(self) -> str:
        return f"ChatDestination({self._url!r}, {self._token.get_secret_value()!r})"


class LeaksInReceipt(ChatDestination):
    """Puts its token into the address that is kept."""

    def write(self, write: Write) -> Receipt:
        receipt = super().write(write)
        return receipt.model_copy(update={"url": f"{receipt.url}?token={self._token.get_secret_value()}"})


class ForgetsTheSecondPicture(ChatDestination):
    """Sends an album's first picture only."""

    def write(self, write: Write) -> Receipt:
        item = write.item and write.item.model_copy(update={"media": write.item.media[:1]})
        return super().write(replace(write, item=item))


class TurnsPicturesRound(ChatDestination):
    """Sends an album backwards."""

    def write(self, write: Write) -> Receipt:
        item = write.item and write.item.model_copy(update={"media": write.item.media[::-1]})
        return super().write(replace(write, item=item))


class DropsEmptyFiles(ChatDestination):
    """Leaves out what cannot be sent, and says nothing."""

    def write(self, write: Write) -> Receipt:
        media = tuple(m for m in write.item.media if write.media(m).size) if write.item and write.media else ()
        item = write.item and write.item.model_copy(update={"media": media})
        return super().write(replace(write, item=item))


class CutsSilently(ChatDestination):
    """Cuts a text that is too long, and says nothing."""

    def write(self, write: Write) -> Receipt:
        item = write.item and write.item.model_copy(update={"text": write.item.text[:250]})
        return super().write(replace(write, item=item))


class CountsCodePoints(ChatDestination):
    """Measures in another unit than the service, which refuses then what had been promised."""

    limits = Limits(text=500, unit="code points", media=4, media_bytes=100_000)


class EditsByPostingAgain(ChatDestination):
    """Makes a new message of an edit."""

    def write(self, write: Write) -> Receipt:
        return super().write(replace(write, held=None) if write.item else write)


class DeletesNothing(ChatDestination):
    """Says that it has deleted."""

    def write(self, write: Write) -> Receipt:
        if write.item is None:
            return Receipt(remote_id=write.held.remote_id, at=datetime.now(UTC), deleted=True)
        return super().write(write)


class NamesItselfByItsAddress(ChatDestination):
    """Another address, another place: all is sent again."""

    @property
    def identity(self) -> str:
        return f"chat:{self._url}"


class NamesItselfByChance(ChatDestination):
    """Another process, another place."""

    @property
    def identity(self) -> str:
        return f"chat:{id(self)}"


class TrustsKeysTooLong(ChatDestination):
    """Believes that the service remembers nonces for a day."""

    key_life = timedelta(hours=24)


class ForgetsTheId(ChatDestination):
    """Returns a receipt by which nothing can be edited."""

    def write(self, write: Write) -> Receipt:
        return super().write(write).model_copy(update={"remote_id": write.item_id})


class SavesNoProgress(ChatDestination):
    """Uploads everything again at each attempt."""

    def write(self, write: Write) -> Receipt:
        return super().write(replace(write, save=lambda _: None))


class IgnoresProgress(ChatDestination):
    """Saves how far it came, and begins anew all the same."""

    def write(self, write: Write) -> Receipt:
        return super().write(replace(write, progress={}))


class RendersOnline(ChatDestination):
    """Asks the service in order to show what it would send."""

    def render(self, item) -> Rendered:
        self.check()
        return super().render(item)


class ChecksByPosting(ChatDestination):
    """Proves its rights with a message that everybody sees."""

    def check(self) -> None:
        super().check()
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        httpx.post(f"{self._url}/rooms/{self._room}/messages", json={"text": "test", "files": []}, headers=headers)


class ConnectsAtOnce(ChatDestination):
    """Talks to the service before anybody asked for something."""

    def __init__(self, url, room, token):
        super().__init__(url, room, token)
        self.check()


class IgnoresTheDeadline(ChatDestination):
    """Waits as long as it takes."""

    def write(self, write: Write) -> Receipt:
        return super().write(replace(write, deadline=30.0))


class RetriesItself(ChatDestination):
    """Sends again by itself what was not answered, behind the runner's back."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except OutcomeUnknown:
            return super().write(write)


class FollowsRedirects(ChatDestination):
    """Carries its token wherever an answer points."""

    def _send(self, write, method, path, data, mime="application/json", *, marked=False):
        headers = {"authorization": f"Bearer {self._token.get_secret_value()}", "content-type": mime}
        if marked:
            write.sending()
        answer = httpx.request(method, self._url + path, content=data, headers=headers, follow_redirects=True)
        if answer.status_code >= 400:
            return super()._send(write, method, path, data, mime, marked=marked)
        return answer.json() if answer.content else {}


class SwallowsCheck(ChatDestination):
    """Finds out about a bad token only when it sends."""

    def check(self) -> None:
        urlsplit(self._url)


class LastReceipt(ChatDestination):
    """Answers with the receipt of the message before."""

    _last: Receipt | None = None

    def write(self, write: Write) -> Receipt:
        now, self._last = self._last, super().write(write)
        return now or self._last


# Held back until the kit was done, and not tuned to.


class EditsTheLastOne(ChatDestination):
    """Edits what it wrote last, whatever it is asked to edit."""

    _last: Receipt | None = None

    def write(self, write: Write) -> Receipt:
        held = self._last if write.held and self._last else write.held
        self._last = super().write(replace(write, held=held))
        return self._last


class SendsTheOldText(ChatDestination):
    """Keeps renderings by item and forgets that items change."""

    def write(self, write: Write) -> Receipt:
        kept = self.__dict__.setdefault("_kept", {})
        return super().write(replace(write, item=write.item and kept.setdefault(write.item_id, write.item)))


class Tidies(ChatDestination):
    """Trims white space at the ends."""

    def write(self, write: Write) -> Receipt:
        item = write.item and write.item.model_copy(update={"text": write.item.text.strip()})
        return super().write(replace(write, item=item))


class Normalises(ChatDestination):
    """Composes what was written decomposed."""

    def write(self, write: Write) -> Receipt:
        text = unicodedata.normalize("NFKC", write.item.text) if write.item else ""
        return super().write(replace(write, item=write.item and write.item.model_copy(update={"text": text})))


class StumblesOverWhatIsGone(ChatDestination):
    """Takes for an error that somebody else has deleted it."""

    def write(self, write: Write) -> Receipt:
        if write.item is None and write.held is not None:
            headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
            write.sending()
            address = f"{self._url}/rooms/{self._room}/messages/{write.held.remote_id}"
            if httpx.delete(address, headers=headers).status_code == 404:
                raise Rejected("there is no such message")
        return super().write(write)


class LeaksInLogs(ChatDestination):
    """Logs its headers for who looks for an error."""

    def write(self, write: Write) -> Receipt:
        logging.getLogger("chat").debug("Authorization: Bearer %s", self._token.get_secret_value())
        return super().write(write)


class LeaksInProgress(ChatDestination):
    """Keeps the address with its token among what it has reached."""

    def write(self, write: Write) -> Receipt:
        write.save({"session": f"{self._url}?token={self._token.get_secret_value()}"} | dict(write.progress))
        return super().write(write)


class ForgetsToWait(ChatDestination):
    """Comes back at once where no time is named."""

    def write(self, write: Write) -> Receipt:
        try:
            return super().write(write)
        except RateLimited as error:
            raise RateLimited(str(error), 0.0 if error.retry_after == 60 else error.retry_after) from error


class SendsBehindTheBack(ChatDestination):
    """Says that all is well, and sends in a thread of its own."""

    def write(self, write: Write) -> Receipt:
        write.sending()
        threading.Thread(target=super().write, args=(replace(write, sending=lambda: None),), daemon=True).start()
        return Receipt(remote_id="m1", at=datetime.now(UTC))


class MixesUploads(ChatDestination):
    """Remembers uploads by their number, over all items."""

    def write(self, write: Write) -> Receipt:
        kept = self.__dict__.setdefault("_uploads", {})

        def save(progress) -> None:
            kept.update(progress)
            write.save(progress)

        return super().write(replace(write, progress=dict(kept), save=save))


class MarksTooEarly(ChatDestination):
    """Sets the mark before it uploads: what was never published is in doubt."""

    def write(self, write: Write) -> Receipt:
        write.sending()
        return super().write(write)


class ADeadlineForEachStep(ChatDestination):
    """Gives every request the whole time, so that an album outlives the lease."""

    def _upload(self, write, done, number, medium):
        time.sleep(write.deadline * 0.9)
        return super()._upload(write, done, number, medium)


FAULTS = {
    name: made
    for name, made in list(globals().items())
    if isinstance(made, type) and issubclass(made, ChatDestination) and made is not ChatDestination
}
