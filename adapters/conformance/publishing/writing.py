"""Checks of writing: what arrives is what was given, once, whole, and can be edited and deleted."""

from __future__ import annotations

import io

import pytest

from adapters.conformance.publishing.base import (
    PublishingBase,
    carries_media,
    deletes,
    edits,
    limits_bytes,
    limits_media,
    limits_text,
)
from adapters.conformance.publishing.desk import Desk, digests, picture
from adapters.contracts.item import ContentItem
from adapters.contracts.jobs import Action, Job, Outcome, Reason, State
from adapters.contracts.ports import MediaFile

HOSTILE = {
    "markup": "<script>alert(1)</script> & <b>bold</b> **x** [a](b) {{7*7}}",
    "emoji": "👩‍👩‍👧‍👦 🇦🇽 ❤️ 𝔘𝔫𝔦",
    "right to left": "שלום עולם ‮abc‬ مرحبا",
    "combining": "Z̵a̴l̶g̷o̸ é é",
    "white space": "a\n\n\nb\tc  d",
    "quotes": "\"'`\\ %s %d $x ; DROP TABLE",
}
ASTRAL = "🙂"


class Writing(PublishingBase):
    """Creates, edits, deletes, texts and files."""

    def test_a_post_arrives_once_and_whole(self, desk: Desk) -> None:
        """One item, one object, with its text."""
        job = desk.put(Action.CREATE, desk.post("hello"))
        assert job.state is State.DONE
        assert desk.texts == ["hello"]

    def test_the_receipt_names_the_object(self, desk: Desk) -> None:
        """By its id it is edited and deleted later, by a process that knows nothing else."""
        job = desk.put(Action.CREATE, desk.post("hello"))
        assert job.receipt is not None
        assert [seen.remote_id for seen in desk.place.objects()] == [job.receipt.remote_id]

    def test_many_posts_are_as_many_objects(self, desk: Desk) -> None:
        """Each with its own id; none swallows another, not even one of the same text."""
        jobs = [desk.put(Action.CREATE, desk.post(text)) for text in ("same", "same", "other")]
        assert desk.texts == ["other", "same", "same"]
        assert len({job.receipt.remote_id for job in jobs if job.receipt}) == 3

    def test_a_second_one_that_was_asked_for_is_a_second_one(self, desk: Desk) -> None:
        """The key holds the revision: what a person asks to be sent again is no repetition."""
        key = desk.put(Action.CREATE, desk.post("again")).key
        desk.store.resend(key, run_id="person")
        desk.deliver()
        assert desk.texts == ["again", "again"]

    @edits
    def test_an_edit_changes_the_object(self, desk: Desk) -> None:
        """And makes no other."""
        item = desk.post("before")
        desk.put(Action.CREATE, item)
        assert desk.put(Action.UPDATE, desk.edited(item, "after")).state is State.DONE
        assert desk.texts == ["after"]

    @edits
    def test_there_and_back_is_two_edits(self, desk: Desk) -> None:
        """A, B, A arrives as A."""
        item = desk.post("A")
        desk.put(Action.CREATE, item)
        desk.put(Action.UPDATE, desk.edited(item, "B"))
        desk.put(Action.UPDATE, desk.edited(desk.edited(item, "B"), "A"))
        assert desk.texts == ["A"]

    @edits
    def test_an_edit_touches_its_object_alone(self, desk: Desk) -> None:
        """The others stay as they are."""
        items = [desk.post(text) for text in ("one", "two", "three")]
        for item in items:
            desk.put(Action.CREATE, item)
        desk.put(Action.UPDATE, desk.edited(items[1], "2"))
        assert desk.texts == ["2", "one", "three"]

    @edits
    def test_another_process_edits_it(self, desk: Desk) -> None:
        """Everything needed is in the store."""
        item = desk.post("before")
        desk.put(Action.CREATE, item)
        desk.ask(Action.UPDATE, desk.edited(item, "after"))
        desk.deliver(desk.connect())
        assert desk.texts == ["after"]

    @deletes
    def test_a_deletion_leaves_nothing(self, desk: Desk) -> None:
        """And touches nothing else."""
        gone, stays = desk.post("gone"), desk.post("stays")
        desk.put(Action.CREATE, gone)
        desk.put(Action.CREATE, stays)
        assert desk.put(Action.DELETE, gone).state is State.DONE
        assert desk.texts == ["stays"]

    @deletes
    def test_deleting_what_is_gone_is_no_error(self, desk: Desk) -> None:
        """A moderator was quicker: that is what was asked for."""
        item = desk.post()
        desk.put(Action.CREATE, item)
        key = desk.ask(Action.DELETE, item)
        held = desk.store.known(desk.adapter.identity, [item.id])[item.id].held
        desk.adapter.write(desk.write(None, action=Action.DELETE, item_id=item.id, held=held))
        desk.deliver()
        assert desk.job(key).state is State.DONE

    @deletes
    @pytest.mark.parametrize(
        "order",
        [
            "create delete create",
            "create update delete",
            "create delete delete",
            "create delete update",
            "delete create",
        ],
    )
    def test_edits_and_deletes_in_every_order(self, desk: Desk, order: str) -> None:
        """The last word holds, whatever came before."""
        item, said = desk.post("0"), order.split()
        for number, action in enumerate(said, 1):
            desk.put(Action(action), desk.edited(item, str(number)))
        assert desk.texts == ([] if said[-1] == "delete" else [str(len(said))])

    @deletes
    def test_a_deletion_of_what_was_never_there_is_nothing(self, desk: Desk) -> None:
        """It is closed without a request."""
        job = desk.put(Action.DELETE, desk.post())
        assert (job.state, job.outcome) == (State.DONE, Outcome.CANCELLED)
        assert not desk.wire.writes

    @pytest.mark.parametrize("kind", HOSTILE)
    def test_texts_arrive_as_they_are(self, desk: Desk, kind: str) -> None:
        """Nothing is executed, eaten or turned round; what the service does not take is refused in words."""
        job = desk.put(Action.CREATE, desk.post(HOSTILE[kind]))
        if self.keeps_text:
            assert desk.texts == ([HOSTILE[kind]] if job.state is State.DONE else [])
        _judged(desk, job)

    @limits_text
    @pytest.mark.parametrize("over", [-1, 0, 1])
    @pytest.mark.parametrize("letter", ["a", "ё", ASTRAL])
    def test_a_text_at_the_limit(self, desk: Desk, over: int, letter: str) -> None:
        """In the place's own unit: up to the limit it arrives whole, beyond it never cut in silence."""
        limits = self.limits()
        length = (limits.text or 0) + over
        number, rest = divmod(length, limits.length(letter))
        text = letter * number + "a" * rest
        item = desk.post(text)
        job = desk.put(Action.CREATE, item)
        if over <= 0:
            assert (job.state, desk.texts) == (State.DONE, [text])
        elif job.state is State.DONE:
            assert desk.texts == [text] or desk.adapter.render(item).losses
        else:
            assert (job.reason, desk.texts, len(desk.wire.writes)) == (Reason.REJECTED, [], 0)

    @carries_media
    def test_an_album_arrives_whole_and_in_order(self, desk: Desk) -> None:
        """No picture forgotten, none twice, none in another's place."""
        pictures = [picture(1), picture(2)]
        desk.put(Action.CREATE, desk.post("album", pictures))
        assert [seen.media for seen in desk.place.objects()] == [digests(*pictures)]

    @limits_media
    @pytest.mark.parametrize("over", [-1, 0, 1])
    def test_an_album_at_the_limit(self, desk: Desk, over: int) -> None:
        """As many as the place takes arrive; one more is refused or named as lost."""
        pictures = [picture(n) for n in range((self.limits().media or 0) + over)]
        item = desk.post("album", pictures)
        job = desk.put(Action.CREATE, item)
        if over <= 0:
            assert [seen.media for seen in desk.place.objects()] == [digests(*pictures)]
        else:
            assert job.reason is Reason.REJECTED or desk.adapter.render(item).losses

    @limits_bytes
    @pytest.mark.parametrize("over", [-1, 0, 1])
    def test_a_file_at_the_limit(self, desk: Desk, over: int) -> None:
        """As large as the place takes it arrives; a byte more is refused."""
        data = picture(1, (self.limits().media_bytes or 0) + over)
        job = desk.put(Action.CREATE, desk.post("large", [data]))
        if over <= 0:
            assert [seen.media for seen in desk.place.objects()] == [digests(data)]
        else:
            assert (job.reason, desk.texts) == (Reason.REJECTED, [])

    @carries_media
    def test_an_empty_file_is_not_left_out_in_silence(self, desk: Desk) -> None:
        """All of an item, or a dead letter that says why."""
        item = desk.post("with nothing", [picture(1), b""])
        _whole_or_refused(desk, item, desk.put(Action.CREATE, item), 2)

    @carries_media
    def test_a_file_of_another_kind_is_not_left_out_in_silence(self, desk: Desk) -> None:
        """A page that calls itself a picture."""
        item = desk.post("with a page", [picture(1), b"<html>not a picture</html>"])
        media = (item.media[0], item.media[1].model_copy(update={"mime": "text/html", "name": "page.html"}))
        item = item.model_copy(update={"media": media})
        _whole_or_refused(desk, item, desk.put(Action.CREATE, item), 2)

    @carries_media
    def test_a_file_that_ends_early_is_not_sent(self, desk: Desk) -> None:
        """What was kept has been cut since: half a picture never arrives as a whole one."""
        item, data = desk.post("cut", [picture(1)]), picture(1)
        cut = MediaFile(lambda: io.BytesIO(data[:-10]), len(data))
        with pytest.raises(Exception):  # noqa: B017, PT011 - any error will do: what counts is what is there
            desk.adapter.write(desk.write(item, media=lambda _: cut))
        assert not desk.texts


def _judged(desk: Desk, job: Job) -> None:
    """See that a job is done and there, or refused and not."""
    assert len(desk.place.objects()) == (1 if job.state is State.DONE else 0)
    assert job.state is State.DONE or job.reason is Reason.REJECTED


def _whole_or_refused(desk: Desk, item: ContentItem, job: Job, number: int) -> None:
    """See that all files are there, or nothing is and the dead letter says so, or a rendering named the loss."""
    if job.state is not State.DONE:
        assert (job.reason, desk.texts) == (Reason.REJECTED, [])
        return
    (seen,) = desk.place.objects()
    assert len(seen.media) == number or desk.adapter.render(item).losses
