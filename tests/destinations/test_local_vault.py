"""The Markdown as a vault: every link, tag and embed resolves, front matter parses, the text is the item's."""

from __future__ import annotations

import html
import io
import json
import re
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from markdown_it import MarkdownIt

from adapters.contracts.ports import Batch, MediaFile, MediaMissing
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.sources.telegram_export import TelegramExportSource
from tests.destinations.hostile import hostile
from tests.exports import SAMPLE

PARSER = MarkdownIt("commonmark").enable("strikethrough").enable("table")
TAG = re.compile(r"(?<!\S)#([\w/-]*[^\W\d][\w/-]*)(?![\w/-])")
PAGE = b"<script>alert(1)</script>       "


def page(medium):
    """Be a source whose every file is a page with a script in it."""
    if not medium.ref:
        raise MediaMissing(medium.missing)
    return MediaFile(lambda: io.BytesIO(PAGE), len(PAGE))


@pytest.fixture(scope="module", params=["sample", "hostile"])
def vault(request, tmp_path_factory):
    """Return an archive's folder, as Obsidian opens it."""
    folder = tmp_path_factory.mktemp(request.param) / "archive"
    place = LocalDestination(LocalSettings(archive=folder, formats=("markdown",)))
    source = TelegramExportSource(SAMPLE)
    items = [item for page_ in source.read() for item in page_.entries] if request.param == "sample" else [*hostile()]
    with place.open(source.identity) as session:
        session.commit(Batch(items), source.media if request.param == "sample" else page)
    source.close()
    return folder


def notes(vault):
    """Yield (path, front matter, body) of each note."""
    for path in sorted(vault.glob("markdown/*/*/*.md")):
        head, matter, body = path.read_text(encoding="utf-8").split("---\n", 2)
        assert head == ""
        yield path, yaml.safe_load(matter), body


def items(vault):
    """Return the archive's items, service messages too, by id."""
    found = (json.loads(line) for file in vault.glob("[is]*/*.jsonl") for line in file.open("rb"))
    return {item["id"]: item for item in found}


def test_every_item_has_a_note_and_its_front_matter_says_so(vault):
    """Front matter is read by a parser as what the item says, and nothing in a text becomes part of it."""
    known = items(vault)
    found = {matter["id"]: matter for _, matter, _ in notes(vault)}
    assert found.keys() == known.keys()
    for name, matter in found.items():
        item = known[name]
        assert matter["date"].strftime("%Y-%m-%dT%H:%M") == item["published_at"][:16]
        assert matter.get("reply_to", "") == re.sub(r"[\x00-\x1f\ufeff]", "\ufffd", item.get("reply_to", ""))
        assert set(matter) <= {
            *("id", "date", "edited", "deleted", "kind", "action", "title", "author", "signature", "tags", "reply_to"),
            *("members", "forwarded_from", "forwarded_date", "reactions", "url"),
        }


def test_every_link_and_embed_resolves(vault):
    """Each one leads to a file inside the vault, or to a harmless address."""
    seen = 0
    for path, _, body in notes(vault):
        for token in walk(PARSER.parse(body)):
            target = token.attrs.get("href") or token.attrs.get("src")
            if target is None:
                continue
            seen += 1
            if urlsplit(target).scheme:
                assert urlsplit(target).scheme in {"http", "https", "mailto", "tel"}, target
                continue
            there = (path.parent / unquote(target)).resolve()
            assert there.is_file(), f"{path}: {target}"
            assert there.is_relative_to(vault)
            assert (token.type == "image") == (there.suffix in {".jpg", ".mp4", ".ogg", ".webp"})
    assert seen > 15


def test_every_answer_links_to_its_note(vault):
    """Where the other item is in the archive, the first line leads there."""
    known = items(vault)
    owners = {member: name for name, item in known.items() for member in item.get("members", [name])}
    linked = 0
    for path, matter, body in notes(vault):
        if matter.get("reply_to") in owners:
            target = re.search(r"↩ \[[^]]*\]\(([^)]*)\)", body)
            there = (path.parent / unquote(target[1])).read_text(encoding="utf-8")
            assert f"id: {owners[matter['reply_to']]}\n" in there
            linked += 1
    assert linked


def test_every_tag_is_one_in_obsidian(vault):
    """What stands under `tags` are words that Obsidian takes, and each hashtag of a text is among them."""
    for path, matter, body in notes(vault):
        tags = matter.get("tags", [])
        assert all(TAG.fullmatch(f"#{tag}") for tag in tags), path
        text = re.sub(r"(?s)```.*?```|`[^`]*`|<[^>]*>|\\#|\]\([^)]*\)", "", body)
        assert set(TAG.findall(text)) <= set(tags), path


def test_the_text_is_the_items(vault):
    """Rendered, a note shows every line of its item's text."""
    known = items(vault)
    for path, matter, body in notes(vault):
        page_ = re.sub(r"<[^<>]*>", "", PARSER.render(body).replace("<br />\n", "\n"))
        shown = {line.strip() for line in html.unescape(page_).split("\n")}
        text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "\ufffd", known[matter["id"]].get("text", ""))
        said = {line.strip() for line in text.replace("\r", "\n").split("\n")}
        assert said - {""} <= shown, path


def walk(tokens):
    """Yield tokens and those within them."""
    for token in tokens:
        yield token
        yield from walk(token.children or ())
