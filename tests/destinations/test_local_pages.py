"""Pages of the archive: derived from the parts, touched only where something changed, equal to fresh ones after all."""

import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from adapters.contracts.item import Answer, Author, ContentItem, Forward, ItemKind, Media, MediaKind, Poll
from adapters.contracts.ports import Batch, MediaFile, MediaMissing
from adapters.contracts.version import stamp
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.destinations.local.pages.site import Cuts

SOURCE = "telegram:1"
START = datetime(2024, 1, 30, tzinfo=UTC)
ALL = ("jsonl", "markdown", "site")
SMALL = Cuts(page=5, tag=3, segment=2)


def item(number, text="text", **fields):
    """Return an item with its version, eight hours after the one before it."""
    fields = {"id": f"{SOURCE}/{number}", "published_at": START + timedelta(hours=8 * number)} | fields
    return stamp(ContentItem(text=f"{text} {number}", author=Author(name="A boat"), **fields), "telegram_export")


def no_media(medium):
    """Be a source that has no bytes."""
    raise MediaMissing(f"no {medium.ref} here")


def commit(folder, items=(), formats=ALL, **batch):
    """Open, commit once, close; return what the opening found."""
    with LocalDestination(LocalSettings(archive=folder, formats=formats), SMALL).open(SOURCE) as session:
        session.commit(Batch(list(items), **batch), no_media)
        return list(session.repaired)


def pages(folder):
    """Return the bytes of all pages, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for name in ("markdown", "site")
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }


def times(folder):
    """Return when each page was written, by path."""
    return {path: (folder / path).stat().st_mtime_ns for path in pages(folder)}


def touched(folder, before):
    """Return the pages that were written or removed since."""
    now = times(folder)
    return {path for path in {*before, *now} if before.get(path) != now.get(path)}


ITEMS = [
    item(1, tags=("tea",)),
    item(2, reply_to=f"{SOURCE}/1"),
    item(3, kind=ItemKind.SERVICE, action="pin_message"),
    item(4, members=(f"{SOURCE}/4", f"{SOURCE}/5"), tags=("tea", "Озеро")),
    item(6, reply_to=f"{SOURCE}/5", forward=Forward(name="Another")),
    item(7, poll=Poll(question="Which?", answers=(Answer(text="this", voters=1), Answer(text="that", voters=3)))),
    item(8, reply_to="telegram:1/99"),
    *(item(number) for number in range(9, 40)),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Make an archive once."""
    folder = tmp_path_factory.mktemp("made") / "a"
    commit(folder, ITEMS)
    return folder


@pytest.fixture
def folder(tmp_path, made):
    """Return an archive with all formats, of one's own."""
    shutil.copytree(made, tmp_path / "a")
    return tmp_path / "a"


def fresh(tmp_path, items, name="fresh", **batch):
    """Return the pages of an archive that is made at once."""
    commit(tmp_path / name, items)
    if batch:
        commit(tmp_path / name, **batch)
    return pages(tmp_path / name)


def test_nothing_new_touches_nothing(folder):
    """A second run writes no page and leaves no temporary file."""
    before = times(folder)
    assert commit(folder, ITEMS) == []
    assert touched(folder, before) == set()
    assert not list(folder.rglob("*.tmp"))


def test_item_by_item_is_as_at_once(folder, tmp_path):
    """However the items came, the pages are the same bytes."""
    for number in range(len(ITEMS)):
        commit(tmp_path / "b", ITEMS[number : number + 1])
    assert pages(tmp_path / "b") == pages(folder)
    commit(tmp_path / "c", list(reversed(ITEMS)))
    assert pages(tmp_path / "c") == pages(folder)


def test_a_new_item_touches_its_pages_only(folder, tmp_path):
    """The last page, its search and the index are written, and no other."""
    before = times(folder)
    new = item(40)
    commit(folder, [new])
    assert touched(folder, before) == {
        "markdown/2024/02/2024-02-12-40.md",
        "site/2024/02-7.html",
        "site/search/p/2024/02-7.js",
        "site/search/w/2024-4/00.js",
        "site/index.html",
    }
    assert pages(folder) == fresh(tmp_path, [*ITEMS, new])


def test_an_edit_is_seen_wherever_the_item_is_named(folder, tmp_path):
    """Its page and note, the answer that quotes it, and its tag's page."""
    before = times(folder)
    edited = item(1, "other words", tags=("tea",))
    commit(folder, [edited])
    assert touched(folder, before) == {
        "markdown/2024/01/2024-01-30-1.md",
        "site/2024/01.html",
        "site/search/p/2024/01.js",
        "site/search/w/2024-1/00.js",
        "site/tags/tea.html",
    }
    assert b"other words 1" in (folder / "site/2024/01.html").read_bytes()
    assert pages(folder) == fresh(tmp_path, [edited, *ITEMS[1:]])


def test_an_item_in_the_middle_moves_all_behind_it(folder, tmp_path):
    """Pages, the links to what moved, and the search are as in an archive that had it from the beginning."""
    early = item(0, "early", reply_to=f"{SOURCE}/39")
    commit(folder, [early])
    assert pages(folder) == fresh(tmp_path, [early, *ITEMS])


def test_a_target_that_comes_late_is_linked(tmp_path):
    """An answer that came first leads to what it answers once that is there."""
    commit(tmp_path / "a", ITEMS[1:])
    assert b"2024-01-30-1.md" not in (tmp_path / "a/markdown/2024/01/2024-01-30-2.md").read_bytes()
    commit(tmp_path / "a", ITEMS[:1])
    assert b"2024-01-30-1.md" in (tmp_path / "a/markdown/2024/01/2024-01-30-2.md").read_bytes()
    assert pages(tmp_path / "a") == fresh(tmp_path, ITEMS)


def test_a_tag_that_goes_takes_its_page_along(folder, tmp_path):
    """An edit without the tag removes the tag's page and its place in the list."""
    assert len(list((folder / "site/tags").iterdir())) == 3
    edited = item(4, members=(f"{SOURCE}/4", f"{SOURCE}/5"), tags=("tea",))
    commit(folder, [edited])
    assert {path.name for path in (folder / "site/tags").iterdir()} == {"index.html", "tea.html"}
    assert pages(folder) == fresh(tmp_path, [edited if one.id == edited.id else one for one in ITEMS])


def test_a_deleted_item_stays_and_is_marked(folder, tmp_path):
    """Its text can still be read, the mark beside it, and when it was noticed is on no page."""
    commit(folder, marked=[f"{SOURCE}/2"])
    note = (folder / "markdown/2024/01/2024-01-30-2.md").read_text(encoding="utf-8")
    assert "\ndeleted: true\n" in note
    assert "text 2" in note
    assert b'class="post deleted"' in (folder / "site/2024/01.html").read_bytes()
    assert pages(folder) == fresh(tmp_path, ITEMS, marked=[f"{SOURCE}/2"])


def test_a_deleted_item_is_on_no_page(folder, tmp_path):
    """The pages are those of an archive that never had it."""
    commit(folder, deleted=[f"{SOURCE}/2"])
    assert pages(folder) == fresh(tmp_path, [one for one in ITEMS if one.id != f"{SOURCE}/2"])


def _remove(path):
    path.unlink()


def _change(path):
    path.write_bytes(path.read_bytes().replace(b"e", b"E", 1))


def _shorten(path):
    path.write_bytes(path.read_bytes()[:-3])


@pytest.mark.parametrize("damage", [_remove, _change, _shorten])
@pytest.mark.parametrize(
    "path",
    [
        "site/2024/02-3.html",
        "site/search/p/2024/02-3.js",
        "site/search/w/2024-1/00.js",
        "site/search/segments.js",
        "site/tags/tea.html",
        "site/index.html",
        "site/assets/style.css",
        "markdown/2024/01/2024-01-30-2.md",
    ],
)
def test_a_damaged_page_is_noticed_and_made_again(folder, damage, path):
    """It is told, it comes back as it was, and nothing else is written."""
    before, held = pages(folder), times(folder)
    damage(folder / path)
    assert commit(folder) == [f"1 files of {path.partition('/')[0]}/ were gone or changed, and are made anew"]
    assert pages(folder) == before
    assert touched(folder, held) == {path}
    assert commit(folder) == []


def test_a_copied_archive_is_read_once_and_not_written(folder, tmp_path):
    """Files with other times, as a copy has them, are right all the same."""
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy, copy_function=shutil.copyfile)
    before = times(copy)
    assert commit(copy) == []
    assert touched(copy, before) == set()


def test_all_pages_gone_come_back(folder):
    """Both folders deleted are made anew, without the source."""
    before = pages(folder)
    shutil.rmtree(folder / "site")
    shutil.rmtree(folder / "markdown")
    commit(folder)
    assert pages(folder) == before


def test_a_lost_index_makes_the_same_pages(folder):
    """What an earlier index had made and nobody knows any more goes; what a person put there stays."""
    before = pages(folder)
    (folder / "site/2023").mkdir()
    (folder / "site/2023/07.html").write_text("of an item that is no longer")
    (folder / "site/CNAME").write_text("example.org")
    (folder / "markdown/My own.md").write_text("mine")
    held = times(folder)
    (folder / "index.sqlite").unlink()
    commit(folder)
    assert pages(folder) == before | {"site/CNAME": b"example.org", "markdown/My own.md": b"mine"}
    assert touched(folder, held) == {"site/2023/07.html"}


def test_a_format_turned_on_later_is_made_whole(folder, tmp_path):
    """From the archive alone: the session commits nothing."""
    commit(tmp_path / "a2", ITEMS, formats=("jsonl",))
    assert pages(tmp_path / "a2") == {}
    commit(tmp_path / "a2", formats=("site",))
    assert pages(tmp_path / "a2") == {path: data for path, data in pages(folder).items() if path.startswith("site/")}
    commit(tmp_path / "a2", formats=("markdown", "site"))
    assert pages(tmp_path / "a2") == pages(folder)


def test_a_format_turned_off_is_left_alone_and_said(folder, tmp_path):
    """Its files stay as they are, a line says so, and turned on again they catch up."""
    before = pages(folder)
    new = item(40)
    said = commit(folder, [new], formats=("jsonl",))
    assert [line.partition(" ")[0] for line in said] == ["markdown/", "site/"]
    assert pages(folder) == before
    commit(folder, [item(41)], formats=("jsonl", "markdown"))
    commit(folder)
    assert pages(folder) == fresh(tmp_path, [*ITEMS, new, item(41)])


def test_another_maker_makes_all_anew(folder):
    """A release with other templates renders every page, even one that lies there as it was noted."""
    before, held = pages(folder), times(folder)
    path = folder / "site/2024/01.html"
    path.write_bytes(b"as an earlier release made it")
    noted = (path.stat().st_size, path.stat().st_mtime_ns, "site/2024/01.html")
    with sqlite3.connect(folder / "index.sqlite") as index:
        index.execute("UPDATE pages SET size = ?, changed = ? WHERE path = ?", noted)
        index.execute("UPDATE page_formats SET maker = 'earlier' WHERE name = 'site'")
    index.close()
    assert commit(folder) == []
    assert pages(folder) == before
    assert touched(folder, held) == {"site/2024/01.html"}


def test_media_are_linked_from_both(tmp_path):
    """A photo's bytes are found from its note and from its page."""
    source = tmp_path / "photo.jpg"
    source.write_bytes(b"a photo")
    photo = item(1, media=(Media(kind=MediaKind.PHOTO, ref="p", name="photo.jpg", size=7),))
    with LocalDestination(LocalSettings(archive=tmp_path / "a", formats=ALL)).open(SOURCE) as session:
        session.commit(Batch([photo]), lambda _: MediaFile(lambda: source.open("rb"), 7, source))
    path = json.loads((tmp_path / "a/items/000001.jsonl").read_bytes())["media"][0]["path"]
    assert f'src="../../{path}"'.encode() in (tmp_path / "a/site/2024/01.html").read_bytes()
    assert f"](../../../{path})".encode() in (tmp_path / "a/markdown/2024/01/2024-01-30-1.md").read_bytes()
