"""The Telegram export: golden items, layouts, chats, resuming, damage, hostile paths and memory."""

from __future__ import annotations

import gc
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem, Entry, Media, MediaKind, Unreadable
from adapters.contracts.ports import MediaMissing
from adapters.sources.telegram_export import TelegramExportSource
from adapters.sources.telegram_export import reader as reading

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = sorted(path.name.removesuffix(".raw.json") for path in (GOLDEN / "telegram_export").glob("*.raw.json"))
VERSIONS = json.loads((GOLDEN / "versions.json").read_text(encoding="utf-8"))
BEGIN = 1_700_000_000
HOSTILE = (
    "../../etc/passwd",
    "photos/../../secret.jpg",
    "/etc/passwd",
    "photos/a\0.jpg",
    "C:\\x",
    "..\\secret.jpg",
    "\\\\server\\share",
    "",
    ".",
    "photos",
    "x" * 5000,
)


def a_line_each(value: dict[str, Any]) -> bytes:
    """Write each message on a line of its own, as tools that filter exports do."""
    head = json.dumps({name: part for name, part in value.items() if name != "messages"})
    lines = ",\n".join(json.dumps(part) for part in value["messages"])
    return f'{head[:-1]}, "messages": [\n{lines}\n]}}'.encode()


LAYOUTS: dict[str, Callable[[object], bytes]] = {
    "minified": orjson.dumps,
    "four spaces": lambda value: json.dumps(value, indent=4).encode(),
    "tabs": lambda value: json.dumps(value, indent="\t", ensure_ascii=False).encode(),
    "a message a line": a_line_each,
    "BOM": lambda value: b"\xef\xbb\xbf" + tdesktop(value),
    "CRLF": lambda value: tdesktop(value).replace(b"\n", b"\r\n"),
    "keys behind the messages": lambda value: tdesktop(dict(reversed(value.items()))),  # type: ignore[attr-defined]
}


def tdesktop(value: object) -> bytes:
    """Write JSON as tdesktop lays it out: one space a level."""
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


def message(number: int, text: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one message, a minute after the one before."""
    words = f'Сообщение {number} 🙂 {{["}}\\' if text is None else text
    seconds = BEGIN + number * 60
    head = {"id": number, "type": "message", "date": "2023-11-14T22:13:20", "date_unixtime": str(seconds)}
    entities = [{"type": "bold", "text": words}] if words else []
    return head | {"from": "Канал", "from_id": "channel77"} | more | {"text": words, "text_entities": entities}


def export(messages: list[dict[str, Any]], **head: Any) -> dict[str, Any]:
    """Return a one-chat export."""
    return {"name": "Канал", "type": "public_channel", "id": 77} | head | {"messages": messages}


def sample() -> dict[str, Any]:
    """Return an export with texts, an album in the middle, and an empty array."""
    pictures = [message(n, "", photo=f"photos/{n}.jpg", date_unixtime=str(BEGIN + 180)) for n in (3, 4, 5)]
    return export([message(1), message(2, inline_bot_buttons=[]), *pictures, *map(message, range(6, 10))])


def account() -> dict[str, Any]:
    """Return a whole account with three chats, one of them the nameless saved messages."""
    frequent = {"id": 9, "category": "people", "type": "user", "name": "Somebody Frequent"}
    chats = [
        {"type": "saved_messages", "id": 5, "messages": [message(1, "a note")]},
        {"name": 'Анна "{"', "type": "personal_chat", "id": 42, "messages": [message(2, "to Anna")]},
        {"name": "Группа", "type": "private_group", "id": 43, "messages": [message(3, "to all"), message(4, "again")]},
    ]
    return {"about": "…", "frequent_contacts": {"list": [frequent]}, "chats": {"about": "…", "list": chats}}


def put(folder: Path, value: object) -> Path:
    """Write a result.json (bytes as they are, else in tdesktop's layout) and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "result.json"
    path.write_bytes(value if isinstance(value, bytes) else tdesktop(value))
    return path


def entries(path: Path, chat: str | None = None, cursor: str = "", page_size: int = 1000) -> list[Entry]:
    """Read everything behind a cursor."""
    source = TelegramExportSource(path, chat, page_size)
    found = [entry for page in source.read(cursor) for entry in page.entries]
    source.close()
    return found


def names(found: list[Entry]) -> list[str]:
    """Return what the entries are called: the item's id, an Unreadable's with an exclamation mark."""
    return [f"!{entry.id}" if isinstance(entry, Unreadable) else entry.id for entry in found]


def only_unreadable(found: list[Entry]) -> Unreadable:
    """Return the one Unreadable there must be."""
    (broken,) = [entry for entry in found if isinstance(entry, Unreadable)]
    return broken


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    """Each golden export gives exactly its golden items and versions, and each item survives its own JSON."""
    folder = GOLDEN / "telegram_export"
    items = entries(folder / f"{case}.raw.json")
    assert [orjson.loads(item.to_json()) for item in items] == orjson.loads(
        (folder / f"{case}.items.json").read_bytes()
    )
    assert [item.version for item in items if isinstance(item, ContentItem)] == VERSIONS[case]
    assert [ContentItem.model_validate_json(item.to_json()) for item in items] == items


def test_golden_versions_name_every_case() -> None:
    """No golden case lacks its versions, and no versions lack their case."""
    assert len(CASES) >= 12
    assert sorted(VERSIONS) == CASES


def test_spans_are_code_points() -> None:
    """Each span of the golden entities cuts exactly the marked text out of Python's string."""
    raw = orjson.loads((GOLDEN / "telegram_export" / "entities.raw.json").read_bytes())["messages"][0]
    (item,) = entries(GOLDEN / "telegram_export" / "entities.raw.json")
    marked = [part["text"] for part in raw["text_entities"] if part["type"] != "plain"]
    assert isinstance(item, ContentItem)
    assert [item.text[span.offset : span.offset + span.length] for span in item.spans] == marked


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_items(tmp_path: Path, layout: str) -> None:
    """White space, a BOM, line ends and the order of the chat's keys change nothing."""
    expected = entries(put(tmp_path / "a", sample()))
    assert names(expected) == [f"telegram:77/{n}" for n in (1, 2, 3, 6, 7, 8, 9)]
    assert entries(put(tmp_path / "b", LAYOUTS[layout](sample()))) == expected


@pytest.mark.parametrize("layout", ["tdesktop", "minified", "CRLF"])
@pytest.mark.parametrize("block", [1, 2, 3, 7, 64, 1000])
def test_blocks_may_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str, block: int) -> None:
    """Messages are cut alike wherever a block of the file ends, inside an escape too."""
    lines = [message(n, '"\\"\n{ "[' * n) for n in range(1, 6)]
    data = LAYOUTS.get(layout, tdesktop)(export(lines))
    start = re.search(rb'"messages"\s*:\s*\[', data)
    assert start is not None
    path = put(tmp_path, data)

    def cut() -> list[tuple[object, int, int, bool]]:
        with path.open("rb") as stream:
            stream.seek(start.end())
            return [(reading.parse(p.data), p.offset, p.end, p.whole) for p in reading.pieces(stream, start.end())]

    expected = cut()
    assert [found[0] for found in expected] == lines
    # The first block must hold the white space in front of the first message: it shows the layout.
    lead = len(data[start.end() :]) - len(data[start.end() :].lstrip())
    monkeypatch.setattr(reading, "BLOCK", max(block, lead + 1))
    assert cut() == expected


def test_a_block_ends_behind_a_backslash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An escaped quote and half an escape at a block's end do not end the string in a minified file."""
    data = orjson.dumps(export([message(1, '"\n{ "'), message(2)]))
    monkeypatch.setattr(reading, "BLOCK", data.index(b'\\"\\n{') + 3 - data.index(b'{"id":1,'))
    with put(tmp_path, data).open("rb") as stream:
        offset = data.index(b'{"id":1,')
        stream.seek(offset)
        assert [orjson.loads(piece.data)["id"] for piece in reading.pieces(stream, offset)] == [1, 2]


def test_zip_folder_and_file_are_alike(tmp_path: Path) -> None:
    """A result.json, its folder, and a zip of either shape give the same items and the same media."""
    path = put(tmp_path / "ChatExport", sample())
    (path.parent / "photos").mkdir()
    (path.parent / "photos" / "3.jpg").write_bytes(b"three")
    places = [path, path.parent]
    for place, prefix in (("flat.zip", ""), ("nested.zip", "ChatExport_2024/")):
        with zipfile.ZipFile(tmp_path / place, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, f"{prefix}result.json")
            archive.write(path.parent / "photos" / "3.jpg", f"{prefix}photos/3.jpg")
        places.append(tmp_path / place)
    expected = entries(path)
    for place in places:
        assert entries(place) == expected
        source = TelegramExportSource(place)
        medium = source.media(Media(kind=MediaKind.PHOTO, ref="photos/3.jpg"))
        with medium.open() as stream:
            assert (stream.read(), medium.size) == (b"three", 5)
        with pytest.raises(MediaMissing):
            source.media(Media(kind=MediaKind.PHOTO, ref="photos/4.jpg"))
        source.close()
        source.close()


@pytest.mark.parametrize("minified", [False, True])
@pytest.mark.parametrize(
    ("chat", "identity", "title", "numbers"),
    [
        ('Анна "{"', "telegram:user42", 'Анна "{"', [2]),
        ("42", "telegram:user42", 'Анна "{"', [2]),
        ("Группа", "telegram:chat43", "Группа", [3, 4]),
        ("43", "telegram:chat43", "Группа", [3, 4]),
        ("5", "telegram:user5", "", [1]),
    ],
)
def test_chat_of_an_account(
    tmp_path: Path, chat: str, identity: str, title: str, numbers: list[int], *, minified: bool
) -> None:
    """A chat of an account is picked by name or by id, and no other chat's messages or name come with it."""
    path = put(tmp_path, orjson.dumps(account()) if minified else account())
    source = TelegramExportSource(path, chat)
    assert (source.identity, source.title) == (identity, title)
    assert names(entries(path, chat)) == [f"{identity}/{number}" for number in numbers]


@pytest.mark.parametrize("chat", [None, "Nobody", "4"])
def test_account_without_a_known_chat(tmp_path: Path, chat: str | None) -> None:
    """Without a chat, or with one that is not there, the error names the chats there are."""
    source = TelegramExportSource(put(tmp_path, account()), chat)
    with pytest.raises(ConfigurationError) as raised:
        list(source.read())
    text = str(raised.value)
    assert all(part in text for part in ("Анна", "(42)", "'Группа' (43)", "(5)"))
    assert "Frequent" not in text
    assert (f"no chat {chat!r}" if chat else "--chat") in text
    assert "\n" not in text


def test_two_chats_of_one_name(tmp_path: Path) -> None:
    """A name that two chats bear is not guessed at; an id settles it."""
    whole = account()
    whole["chats"]["list"][2]["name"] = 'Анна "{"'
    path = put(tmp_path, whole)
    with pytest.raises(ConfigurationError, match=r"several chats.*\(42\).*\(43\)"):
        list(TelegramExportSource(path, 'Анна "{"').read())
    assert names(entries(path, "43")) == ["telegram:chat43/3", "telegram:chat43/4"]


def test_wrong_chat_of_a_single_one(tmp_path: Path) -> None:
    """A one-chat export is not taken for another chat that was asked for."""
    with pytest.raises(ConfigurationError, match=r"no chat 'Other'.*'Канал' \(77\)"):
        list(TelegramExportSource(put(tmp_path, sample()), "Other").read())


@pytest.mark.parametrize(
    ("kind", "identity"),
    [
        ("personal_chat", "telegram:user77"),
        ("bot_chat", "telegram:user77"),
        ("saved_messages", "telegram:user77"),
        ("private_group", "telegram:chat77"),
        ("private_supergroup", "telegram:77"),
        ("public_supergroup", "telegram:77"),
        ("private_channel", "telegram:77"),
        ("public_channel", "telegram:77"),
    ],
)
def test_identity(tmp_path: Path, kind: str, identity: str) -> None:
    """Users and small groups number their chats apart from channels, so their identities differ."""
    path = put(tmp_path, export([message(1), message(2, reply_to_message_id=1)], type=kind))
    first, second = entries(path)
    assert TelegramExportSource(path).identity == identity
    assert isinstance(second, ContentItem)
    assert (first.id, second.id, second.reply_to) == (f"{identity}/1", f"{identity}/2", f"{identity}/1")


@pytest.mark.parametrize("layout", ["tdesktop", "minified", "CRLF", "BOM", "zip"])
def test_resume_gives_the_tail(tmp_path: Path, layout: str) -> None:
    """Each page's cursor brings exactly what follows it, in another process too; no page cuts the album."""
    path = put(tmp_path, LAYOUTS.get(layout, tdesktop)(sample()))
    if layout == "zip":
        with zipfile.ZipFile(tmp_path.parent / f"{tmp_path.name}.zip", "w") as archive:
            archive.write(path, "result.json")
        path = tmp_path.parent / f"{tmp_path.name}.zip"
    pages = list(TelegramExportSource(path, page_size=2).read())
    whole = [entry for page in pages for entry in page.entries]
    assert [len(page.entries) for page in pages] == [2, 2, 2, 1]
    assert isinstance(whole[2], ContentItem)
    assert whole[2].members == ("telegram:77/3", "telegram:77/4", "telegram:77/5")
    assert [page.done for page in pages] == sorted(page.done for page in pages)
    assert pages[-1].done == pages[-1].total
    seen = 0
    for page in pages:
        seen += len(page.entries)
        assert entries(path, cursor=page.cursor, page_size=2) == whole[seen:]


def test_damage_is_the_same_after_a_resume(tmp_path: Path) -> None:
    """A broken message has the same bytes, hash and place whether it is met first or behind others."""
    data = tdesktop(export(list(map(message, range(1, 6))))).replace(b'"id": 3,', b'"id": 3 3,')
    path = put(tmp_path, data)
    page = next(TelegramExportSource(path, page_size=2).read())
    assert names(list(page.entries)) == ["telegram:77/1", "telegram:77/2"]
    assert only_unreadable(entries(path, cursor=page.cursor)) == only_unreadable(entries(path))


@pytest.mark.parametrize("change", ["other file", "nonsense", "list", "past the end", "negative"])
def test_strange_cursor_begins_anew(tmp_path: Path, change: str) -> None:
    """A cursor of another file, or none at all, never skips anything."""
    path = put(tmp_path / "a", sample())
    source = TelegramExportSource(path, page_size=2)
    of = source.fingerprint()
    cursors = {
        "other file": next(TelegramExportSource(put(tmp_path / "b", export([*map(message, range(9))]))).read()).cursor,
        "nonsense": "{",
        "list": "[1]",
        "past the end": orjson.dumps({"of": of, "at": 1 << 40, "n": 1, "date": None}).decode(),
        "negative": orjson.dumps({"of": of, "at": -1, "n": 1, "date": None}).decode(),
    }
    assert entries(path, cursor=cursors[change]) == entries(path)


@pytest.mark.parametrize("layout", ["tdesktop", "minified", "CRLF"])
@pytest.mark.parametrize("mark", ['"id": 8', '"from_id"', "Сообщение 8", '"text_entities"'])
def test_cut_off_in_a_message(tmp_path: Path, layout: str, mark: str) -> None:
    """Of a file that ends in the middle of a message the whole ones come, and the rest is one Unreadable."""
    data = LAYOUTS.get(layout, tdesktop)(sample())
    begin = re.search(rb'"id":\s*8\b', data)
    assert begin is not None
    needle = re.compile(mark.encode().replace(b": ", rb":\s*"))
    cut = needle.search(data, begin.start())
    assert cut is not None
    found = entries(put(tmp_path, data[: cut.end() + 2]))
    assert names(found) == [f"telegram:77/{n}" for n in (1, 2, 3, 6, 7)] + ["!telegram:77/8"]
    broken = only_unreadable(found)
    assert "ends in the middle" in broken.error
    assert "message 8" in broken.where


@pytest.mark.parametrize("layout", ["tdesktop", "minified"])
def test_cut_off_between_messages(tmp_path: Path, layout: str) -> None:
    """A file that ends just behind a message lacks nothing that could be reported, and all of it comes."""
    data = LAYOUTS.get(layout, tdesktop)(export([message(1), message(2)]))
    found = entries(put(tmp_path, data[: data.rindex(b"}", 0, data.rindex(b"]")) + 1]))
    assert names(found) == ["telegram:77/1", "telegram:77/2"]


@pytest.mark.parametrize("layout", ["tdesktop", "minified"])
def test_invalid_escape_is_repaired(tmp_path: Path, layout: str) -> None:
    r"""Tdesktop's `\x0B` is read as the control character it means; an escaped backslash before an x stays."""
    data = LAYOUTS.get(layout, tdesktop)(export([message(1, "a@b \\x0B"), message(2)]))
    first, second = entries(put(tmp_path, data.replace(b"a@b", rb"a\x0Bb")))
    assert isinstance(first, ContentItem)
    assert first.text == "a\x0bb \\x0B"
    assert second.id == "telegram:77/2"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"id": 7,', b'"id": 7 7,'),
        (b'"date_unixtime": "1700000420"', b'"date_unixtime": 1700000420"'),
        (
            "Сообщение 7 ".encode(),
            b"\xff\xfe",
        ),
        (b'"date_unixtime": "1700000420"', b'"date_unixtime": "soon"'),
    ],
)
def test_one_broken_message(tmp_path: Path, before: bytes, after: bytes) -> None:
    """One message that cannot be read is one Unreadable with its id; all the others arrive."""
    data = tdesktop(sample())
    assert before in data
    found = entries(put(tmp_path, data.replace(before, after)))
    assert names(found) == [f"telegram:77/{n}" for n in (1, 2, 3, 6)] + [
        "!telegram:77/7",
        "telegram:77/8",
        "telegram:77/9",
    ]
    broken = only_unreadable(found)
    assert after in broken.data
    assert "\n" not in broken.error
    assert Unreadable.model_validate_json(broken.to_json()) == broken


def test_absurd_numbers_stay_local(tmp_path: Path) -> None:
    """A size beyond 64 bits is none, and a message number beyond them is one Unreadable, which may have been 2."""
    lines = [message(1, file="a.bin", file_size=10**30, duration_seconds=1e300), message(10**25), message(3)]
    path = put(tmp_path, export(lines))
    first, broken, last = entries(path)
    assert isinstance(first, ContentItem)
    assert (first.media[0].size, first.media[0].duration) == (0, 0)
    assert isinstance(broken, Unreadable)
    assert last.id == "telegram:77/3"
    assert TelegramExportSource(path).gone(["telegram:77/2"]) == []


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("ref", HOSTILE)
def test_hostile_reference(tmp_path: Path, ref: str, *, zipped: bool) -> None:
    """No reference leads out of the export, and none ends in anything but MediaMissing."""
    path = put(tmp_path / "export", sample())
    (path.parent / "photos").mkdir()
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    if zipped:
        path = tmp_path / "export.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("export/result.json", tdesktop(sample()))
            archive.writestr("secret.jpg", b"secret")
    source = TelegramExportSource(path)
    with pytest.raises(MediaMissing):
        source.media(Media(kind=MediaKind.PHOTO, ref=ref))
    source.close()


@pytest.mark.parametrize("target", ["../secret.jpg", "circle.jpg", "nowhere.jpg"])
def test_hostile_link(tmp_path: Path, target: str) -> None:
    """A link out of the folder, in a circle or into nothing is a missing medium; one inside is followed."""
    path = put(tmp_path / "export", sample())
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (path.parent / "inside.jpg").write_bytes(b"inside")
    (path.parent / "circle.jpg").symlink_to(target)
    (path.parent / "fine.jpg").symlink_to("inside.jpg")
    source = TelegramExportSource(path)
    with pytest.raises(MediaMissing):
        source.media(Media(kind=MediaKind.PHOTO, ref="circle.jpg"))
    assert source.media(Media(kind=MediaKind.PHOTO, ref="fine.jpg")).size == 6


def big(path: Path, count: int, *, minified: bool) -> Path:
    """Write an export of many messages without holding it in memory."""

    def parts() -> Iterator[bytes]:
        yield (
            b'{"name":"Big","type":"public_channel","id":77,"messages":['
            if minified
            else b'{\n "name": "Big",\n "type": "public_channel",\n "id": 77,\n "messages": [\n  '
        )
        for number in range(1, count + 1):
            value = message(number, f"{number} " + "слово " * 40)
            comma = b"" if number == 1 else b"," if minified else b",\n  "
            yield comma + (orjson.dumps(value) if minified else tdesktop(value).replace(b"\n", b"\n  "))
        yield b"]}" if minified else b"\n ]\n}"

    with path.open("wb") as stream:
        stream.writelines(parts())
    return path


def peak(path: Path, count: int) -> int:
    """Return the most memory that reading a whole export takes."""
    gc.collect()
    tracemalloc.start()
    try:
        source = TelegramExportSource(path, page_size=200)
        assert sum(len(page.entries) for page in source.read()) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("minified", [False, True])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, *, minified: bool) -> None:
    """Four times the messages take less than one and a half times the memory."""
    small = peak(big(tmp_path / "small.json", 5_000, minified=minified), 5_000)
    large = peak(big(tmp_path / "large.json", 20_000, minified=minified), 20_000)
    assert large < 1.5 * small


def damaged_zip(path: Path, how: str) -> Path:
    """Write a zip and damage it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("other.txt" if how == "empty" else "result.json", tdesktop(sample()))
    data = bytearray(path.read_bytes())
    if how == "cut":
        data = data[: len(data) // 2]
    elif how == "bytes":
        data[60:160] = bytes(byte ^ 0xA5 for byte in data[60:160])
    elif how == "directory":
        at = data.index(b"PK\x01\x02")
        data[at : at + 4] = b"XXXX"
    path.write_bytes(data)
    return path


WRONG: dict[str, Callable[[Path], Path]] = {
    "missing": lambda folder: folder / "nowhere",
    "empty folder": lambda folder: folder,
    "no JSON": lambda folder: put(folder, b"hello"),
    "empty": lambda folder: put(folder, b""),
    "another JSON": lambda folder: put(folder, {"name": "x", "list": [1, 2]}),
    "binary": lambda folder: put(folder, bytes(range(256)) * 100),
    "zip of others": lambda folder: damaged_zip(folder / "a.zip", "empty"),
    "zip cut off": lambda folder: damaged_zip(folder / "a.zip", "cut"),
    "zip's bytes": lambda folder: damaged_zip(folder / "a.zip", "bytes"),
    "zip's directory": lambda folder: damaged_zip(folder / "a.zip", "directory"),
}


@pytest.mark.parametrize("what", WRONG)
def test_no_export(tmp_path: Path, what: str) -> None:
    """What is no export is refused in one line that names it."""
    path = WRONG[what](tmp_path)
    with pytest.raises(ConfigurationError) as raised:
        list(TelegramExportSource(path).read())
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_html_export(tmp_path: Path) -> None:
    """An HTML export is recognised, and the error says to export as JSON."""
    (tmp_path / "messages.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"HTML.*JSON"):
        list(TelegramExportSource(tmp_path).read())


@pytest.mark.parametrize("layout", ["tdesktop", "minified"])
def test_empty_chat(tmp_path: Path, layout: str) -> None:
    """A chat without messages is an export: it gives nothing and has no head."""
    source = TelegramExportSource(put(tmp_path, LAYOUTS.get(layout, tdesktop)(export([]))))
    assert list(source.read()) == []
    assert source.head() is None
    assert source.gone(["telegram:77/1"]) == []


def test_head_is_the_newest(tmp_path: Path) -> None:
    """The head is the newest publication, wherever it stands and whatever was edited later."""
    lines = [message(1), message(9, edited_unixtime=str(BEGIN * 2)), message(5)]
    head = TelegramExportSource(put(tmp_path, export(lines))).head()
    assert head == datetime.fromtimestamp(BEGIN + 9 * 60, UTC)


def test_gone_only_between_first_and_last(tmp_path: Path) -> None:
    """Only what lies between the first and the last message of this very chat is known to be deleted."""
    lines = [message(n) for n in (10, 11, 14, 20)]
    data = tdesktop(export(lines)).replace(b'"id": 14,', b'"id": 14 broken,')
    source = TelegramExportSource(put(tmp_path, data))
    asked = [f"telegram:77/{n}" for n in (1, 9, 10, 11, 12, 13, 14, 19, 20, 21, 99)]
    assert source.gone([*asked, "telegram:7/12", "telegram:user77/12"]) == [f"telegram:77/{n}" for n in (12, 13, 19)]


def test_fingerprint_follows_content_and_files(tmp_path: Path) -> None:
    """The fingerprint is the same for the same bytes, and another once a file has arrived or a byte changed."""
    path = put(tmp_path, sample())
    first = TelegramExportSource(path).fingerprint()
    assert TelegramExportSource(path).fingerprint() == first
    (tmp_path / "photo.jpg").write_bytes(b"late")
    second = TelegramExportSource(path).fingerprint()
    put(tmp_path, tdesktop(sample()).replace("Сообщение 1".encode(), "Сообщение 0".encode()))
    assert len({first, second, TelegramExportSource(path).fingerprint()}) == 3


def test_every_item_survives_its_json(tmp_path: Path) -> None:
    """An item read back from its own JSON equals the item that the source gave."""
    items = entries(put(tmp_path, sample()))
    assert [ContentItem.model_validate_json(item.to_json()) for item in items] == items
