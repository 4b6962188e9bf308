"""The fidelity report: every part that a place does not show is named, once."""

from datetime import UTC, datetime

import pytest

from adapters.contracts.item import (
    Answer,
    Author,
    ContentItem,
    Forward,
    ItemKind,
    Location,
    Media,
    MediaKind,
    Poll,
)
from adapters.fidelity import MISSING, Part, report

PARTS = {
    Part.TITLE: {"title": "T"},
    Part.POLL: {"poll": Poll(question="?", answers=(Answer(text="a"),))},
    Part.LOCATION: {"location": Location(latitude=1, longitude=2)},
    Part.FORWARD: {"forward": Forward(name="N")},
    Part.REPLY: {"reply_to": "a/1"},
    Part.SIGNATURE: {"author": Author(signature="S")},
    Part.MEDIA_SPOILER: {"media": (Media(kind=MediaKind.PHOTO, ref="r", spoiler=True),)},
    Part.REACTIONS: {"counters": {"👍": 1}},
    Part.BUTTONS: {"raw": ({"inline_bot_buttons": []},)},
    Part.EXTRAS: {"raw": ({}, {"game_title": "g"})},
    Part.SERVICE: {"kind": ItemKind.SERVICE},
}


def item(**fields):
    """Return an item."""
    return ContentItem(id="a/2", published_at=datetime(2024, 1, 1, tzinfo=UTC), **fields)


def test_every_part_has_a_case_here():
    """A part that is added is tried."""
    assert set(PARTS) == set(Part)


@pytest.mark.parametrize("part", Part)
def test_a_part_is_named_where_it_is_not_shown(part):
    """And nowhere else."""
    assert report(item(**PARTS[part]), frozenset()) == (part.value,)
    assert report(item(**PARTS[part]), frozenset({part})) == ()
    assert report(item(), frozenset()) == ()


def test_losses_are_named_once_the_text_first():
    """In the same order each time."""
    media = (Media(kind=MediaKind.PHOTO, missing="gone"), Media(kind=MediaKind.VIDEO, missing="gone"))
    made = report(item(media=media, counters={"👍": 1}), frozenset(), ["bold text is plain", "bold text is plain"])
    assert made == ("bold text is plain", MISSING, Part.REACTIONS.value)
