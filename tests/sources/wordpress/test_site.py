"""A real site, followed: every change of its state arrives once, and nothing is gone that is merely not shown."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from adapters.contracts.errors import ConfigurationError, MassDeletion
from adapters.contracts.item import ContentItem, MediaKind
from adapters.contracts.retry import RetryPolicy
from adapters.databases.engines import engine_of
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.destinations.sql import SqlDestination
from adapters.destinations.sql.session import DATABASE
from adapters.media import FolderMediaStore
from adapters.sources.wordpress import Login, WordPressSettings
from adapters.sources.wordpress.account import standing
from adapters.sources.wordpress.source import WordPressSource
from adapters.stores.memory import memory_store
from tasks.bulk import BulkRoad
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.report import Watchers
from tests.exports import lines
from tests.pictures import picture

WORD = "secret"  # of a post that asks for one


def source_of(site, user="", **settings):
    """Open a site as everybody sees it, or as one of its users does."""
    login = Login(user=user, password=SecretStr(site.logins[user])) if user else None
    page_size = settings.pop("page_size", 100)
    return WordPressSource(WordPressSettings(wordpress=site.url, **settings), login, page_size=page_size)


def told(source, cursor=""):
    """Return what a source tells behind a cursor: number → title."""
    entries = [entry for page in source.read(cursor) for entry in page.entries]
    return {int(entry.id.rpartition("/")[2]): getattr(entry, "title", entry) for entry in entries}


class Pair:
    """The bulk road from a site into an archive and a database."""

    def __init__(self, folder, source):
        self.folder, self.source, self.runs = folder, source, 0
        self.store = memory_store(lambda: datetime(2030, 1, 1, tzinfo=UTC))
        self.database = folder / "items.db"

    def __call__(self, **options):
        """Run both; returns what both came to, which is the same."""
        self.runs += 1
        url = f"sqlite:///{self.database}"
        places = (
            LocalDestination(LocalSettings(archive=self.folder / "archive")),
            SqlDestination(lambda: engine_of(url, DATABASE)),
        )
        chosen = Options(**{"deletes": "follow", "allow_mass_delete": True, **options})
        summaries = [self._run(place, chosen) for place in places]
        counts = [(one.created, one.updated, one.deleted) for one in summaries]
        assert counts[0] == counts[1]
        assert [one.errors for one in summaries] == [[], []]
        return counts[0]

    def _run(self, place, options):
        media, engine = FolderMediaStore(self.folder / "media"), PlainEngine(RetryPolicy())
        parts = (self.store, media, options, engine, Watchers(), f"run-{self.runs}-{place.service}")
        return BulkRoad(f"wordpress → {place.service}", self.source(), place, {}, *parts).run()

    def archived(self):
        """Return number → title of what the archive has."""
        found = [item for item in lines(self.folder / "archive") if "deleted_at" not in item]
        return {int(item["id"].rpartition("/")[2]): item["title"] for item in found}

    def rows(self):
        """Return the same of the database."""
        with closing(sqlite3.connect(self.database)) as database:
            found = database.execute("SELECT id, title FROM items").fetchall()
        return {int(name.rpartition("/")[2]): title for name, title in found}


def test_every_change_of_state_arrives_once(wordpress, tmp_path):
    """New, back-dated, edited, scheduled and due, protected, private, trashed, restored, deleted: in both places."""
    pair = Pair(tmp_path, lambda: source_of(wordpress, "admin"))
    wordpress.php(
        "foreach (range(1, 9) as $n) wp_insert_post(['post_title' => \"old $n\", 'post_status' => 'publish']);"
    )
    there = {number: f"old {number}" for number in range(1, 10)}

    def arrives(created=0, updated=0, deleted=0):
        """Run, look at both places, and run again for nothing."""
        assert pair() == (created, updated, deleted)
        assert pair.archived() == pair.rows() == there
        assert pair() == (0, 0, 0)

    arrives(created=9)
    page = wordpress.publish("pages", title="a page")
    back = wordpress.publish(title="back-dated", date_gmt="2009-01-01T00:00:00")
    later = wordpress.publish(title="later", status="future", date_gmt="2040-01-01T00:00:00")
    draft = wordpress.publish(title="a draft", status="draft")
    there |= {page: "a page", back: "back-dated"}
    arrives(created=2)

    # As WordPress does when the time has come: the time of change stays that of the writing.
    wordpress.php(
        f"global $wpdb; $wpdb->update($wpdb->posts, ['post_status' => 'publish', 'post_modified_gmt' => "
        f"'2011-01-01 00:00:00', 'post_date_gmt' => '2026-01-01 00:00:00'], ['ID' => {later}]);"
    )
    wordpress.rest("POST", "posts/3", title="edited 3")
    there |= {later: "later", 3: "edited 3"}
    arrives(created=1, updated=1)

    wordpress.rest("POST", "posts/4", status="private")
    wordpress.rest("POST", "posts/5", password=WORD)
    wordpress.rest("POST", "posts/6", status="draft")
    wordpress.rest("DELETE", "posts/7")
    wordpress.rest("DELETE", "posts/8?force=true")
    wordpress.rest("POST", f"posts/{draft}", status="publish", date_gmt="2010-01-01T00:00:00")
    there = {number: title for number, title in there.items() if number not in range(4, 9)} | {draft: "a draft"}
    arrives(created=1, deleted=5)

    wordpress.rest("POST", "posts/4", status="publish")
    wordpress.rest("POST", "posts/5", password="")
    wordpress.rest("POST", "posts/7", status="publish")
    there |= {4: "old 4", 5: "old 5", 7: "old 7"}
    arrives(created=3)


def test_everybody_else_is_told_what_is_certain(wordpress, tmp_path):
    """Without a login the trash is like a draft: not gone; what is deleted for good, or asks for a password, is."""
    for number in range(1, 7):
        wordpress.publish(title=f"post {number}")
    pair = Pair(tmp_path, lambda: source_of(wordpress))
    assert pair() == (6, 0, 0)
    wordpress.rest("DELETE", "posts/1")
    wordpress.rest("POST", "posts/2", status="private")
    wordpress.rest("POST", "posts/3", password=WORD)
    wordpress.rest("DELETE", "posts/4?force=true")
    assert pair() == (0, 0, 2)
    assert set(pair.rows()) == {1, 2, 5, 6}


def test_a_login_without_rights_deletes_nothing(wordpress):
    """A reader's login is refused the trash: 403 is no deletion."""
    for number in range(1, 4):
        wordpress.publish(title=f"post {number}")
    source = source_of(wordpress, "reader")
    held = [f"{source.identity}/{number}" for number in told(source)]
    wordpress.rest("DELETE", "posts/1")
    wordpress.rest("DELETE", "posts/2?force=true")
    assert source_of(wordpress, "reader").gone(held) == [held[1]]
    assert source_of(wordpress, "admin").gone(held) == held[:2]


def test_private_posts_come_when_a_setting_says_so(wordpress):
    """Each kind by its name, and only with a login; a wrong password is no anonymous reader."""
    numbers = {
        status: wordpress.publish(title=status, content=status, status=status)
        for status in ("publish", "private", "draft", "pending")
    }
    numbers["future"] = wordpress.publish(title="future", status="future", date_gmt="2040-01-01T00:00:00")
    numbers["protected"] = wordpress.publish(title="protected", content="hidden", password=WORD)
    assert set(told(source_of(wordpress, "admin"))) == {numbers["publish"]}
    for kind in ("private", "draft", "pending", "future", "protected"):
        source = source_of(wordpress, "admin", also=(kind,))
        assert set(told(source)) == {numbers["publish"], numbers[kind]}
        assert source.gone([f"{source.identity}/{numbers[kind]}"]) == []
    entries = [e for page in source_of(wordpress, "admin", also=("protected",)).read() for e in page.entries]
    assert [entry.text for entry in entries] == ["publish", "hidden"]
    with pytest.raises(ConfigurationError, match="SYNDICATE_WORDPRESS_USER"):
        told(source_of(wordpress, also=("private",)))
    wrong = Login(user="admin", password=SecretStr("not this one"))
    with pytest.raises(ConfigurationError, match="does not know us") as caught:
        told(WordPressSource(WordPressSettings(wordpress=wordpress.url), wrong))
    assert "not this one" not in str(caught.value)


def test_an_edit_within_the_same_second_is_not_lost(wordpress):
    """Times of change have seconds only: what changed just now is told once more."""
    number = wordpress.publish(title="first")
    source = source_of(wordpress)
    told(source)
    moment = wordpress.rest("GET", f"posts/{number}")["modified_gmt"].replace("T", " ")
    wordpress.php(
        f"global $wpdb; $wpdb->update($wpdb->posts, ['post_title' => 'second', 'post_modified_gmt' => "
        f"'{moment}'], ['ID' => {number}]);"
    )
    assert told(source_of(wordpress), source.stand()) == {number: "second"}


def test_custom_types_are_read_by_their_names(wordpress):
    """Where the site offers them; a type that is not there is a clear error, and not a deletion."""
    book, post = wordpress.publish("books", title="a book"), wordpress.publish(title="a post")
    source = source_of(wordpress, types=("book",))
    assert told(source) == {book: "a book"}
    assert source.gone([f"{source.identity}/{post}"]) == []
    with pytest.raises(ConfigurationError, match=r"--types film: .* has post, page, book"):
        told(source_of(wordpress, types=("film",)))


def test_another_site_behind_the_address_is_no_deletion(wordpress):
    """Nothing is as it was: that is said, before anything is edited or deleted."""
    for number in range(5):
        wordpress.publish(title=f"post {number}", date_gmt=f"2020-01-0{number + 1}T00:00:00")
    source = source_of(wordpress)
    told(source)
    cursor = source.stand()
    wordpress.empty()
    for number in range(5):
        wordpress.publish(title=f"other {number}", date_gmt=f"2021-01-0{number + 1}T00:00:00")
    with pytest.raises(ConfigurationError, match="another site behind"):
        told(source_of(wordpress), cursor)


def test_a_mass_deletion_asks(wordpress, tmp_path):
    """As at any source; answered, it goes through."""
    for number in range(1, 7):
        wordpress.publish(title=f"post {number}")
    pair = Pair(tmp_path, lambda: source_of(wordpress))
    assert pair() == (6, 0, 0)
    for number in (1, 2):
        wordpress.rest("DELETE", f"posts/{number}?force=true")
    with pytest.raises(MassDeletion, match="2 of 6"):
        pair(allow_mass_delete=False)
    assert pair() == (0, 0, 2)


def test_killed_at_every_page_it_goes_on(wordpress):
    """Each page's cursor, in a fresh adapter: the rest, and what happened meanwhile."""
    wordpress.php("foreach (range(1, 30) as $n) wp_insert_post(['post_title' => \"p$n\", 'post_status' => 'publish']);")
    # WordPress tells times in seconds: an edit within the one of the writing would be the next run's to tell.
    wordpress.php(
        'global $wpdb; $wpdb->query("UPDATE $wpdb->posts SET post_modified_gmt = post_date_gmt - INTERVAL 1 HOUR");'
    )
    pages = list(source_of(wordpress, page_size=7).read())
    assert [len(page.entries) for page in pages] == [7, 7, 7, 7, 2]
    wordpress.php("wp_update_post(['ID' => 2, 'post_title' => 'edited', 'post_date' => '2020-01-01 00:00:00']);")
    for number, page in enumerate(pages):
        behind = {2, *range(7 * number + 8, 31)} if number < 4 else {2}
        source = source_of(wordpress, page_size=7)
        assert set(told(source, page.cursor)) == behind
        assert source.gone([f"{source.identity}/3"]) == []


def test_a_site_without_pretty_permalinks(wordpress):
    """Its API is behind ?rest_route= alone, which is found."""
    wordpress.publish(title="plain")
    wordpress.php(PERMALINKS.replace("HOW", ""))
    try:
        plain = source_of(wordpress)
        assert list(told(plain).values()) == ["plain"]
        assert plain._api._root.endswith("/?rest_route=/")
    finally:
        wordpress.php(PERMALINKS.replace("HOW", "/%postname%/"))


PERMALINKS = "global $wp_rewrite; $wp_rewrite->set_permalink_structure('HOW'); flush_rewrite_rules();"
BLOCKS = """<!-- wp:paragraph --><p>One &amp; <strong>two</strong>, "three".</p><!-- /wp:paragraph -->
<!-- wp:more --><!--more--><!-- /wp:more -->
<!-- wp:heading --><h2>A heading</h2><!-- /wp:heading -->
<!-- wp:list --><ul><li>first</li><li>second</li></ul><!-- /wp:list -->
<!-- wp:quote --><blockquote class="wp-block-quote"><p>said</p><cite>who</cite></blockquote><!-- /wp:quote -->
<!-- wp:code --><pre class="wp-block-code"><code>[gone ids="1"] x &lt; y</code></pre><!-- /wp:code -->
<!-- wp:table --><figure class="wp-block-table"><table><tbody><tr><td>a</td><td>b</td></tr></tbody></table></figure>
<!-- /wp:table -->
<!-- wp:gallery --><figure class="wp-block-gallery"><!-- wp:image {"id":IMAGE} --><figure class="wp-block-image"><img
src="SMALL" alt="a view" class="wp-image-IMAGE"/><figcaption>The view</figcaption></figure><!-- /wp:image --></figure>
<!-- /wp:gallery -->
<!-- wp:file --><div class="wp-block-file"><a href="FILE">the paper</a><a href="FILE" class="wp-block-file__button"
download>Download</a></div><!-- /wp:file -->
<!-- wp:shortcode -->[contact-form-7 id="5" title="Write"]<!-- /wp:shortcode -->
<!-- wp:paragraph --><p>It said [sic] and [1].</p><!-- /wp:paragraph -->"""
TEXT = """One & two, “three”.

A heading

• first
• second

said

who

[gone ids="1"] x < y

a | b

The view

the paper

It said [sic] and [1]."""


def test_what_the_editor_makes_is_read(wordpress):
    """Blocks as they are rendered: text, whole pictures, files, terms, author; no buttons, no dead shortcodes."""
    big = wordpress.upload("view.png", picture("view", 1200, 800))
    cover = wordpress.upload("cover.png", picture("cover", 60, 40))
    paper = wordpress.upload("paper.pdf", b"%PDF-1.4\n%%EOF", "application/pdf")
    small = big["media_details"]["sizes"]["medium"]["source_url"]
    content = BLOCKS.replace("IMAGE", str(big["id"])).replace("SMALL", small).replace("FILE", paper["source_url"])
    kind = wordpress.php("return wp_insert_term('Cats & dogs', 'category')['term_id'];")
    tag = wordpress.php("return wp_insert_term('tea', 'post_tag')['term_id'];")
    number = wordpress.publish(
        title="It's a <em>title</em>", content=content, featured_media=cover["id"], categories=[kind, 1], tags=[tag]
    )
    source = source_of(wordpress)
    item = next(entry for page in source.read() for entry in page.entries)
    assert isinstance(item, ContentItem)
    assert (item.id, item.title) == (f"wordpress:127.0.0.1:{wordpress.port}/{number}", "It’s a title")
    assert item.text == TEXT
    assert (item.tags, item.author.name, item.author.id) == (("Cats & dogs", "tea"), "admin", "1")
    assert [(one.kind, one.ref, one.width, one.title) for one in item.media] == [
        (MediaKind.PHOTO, cover["source_url"], 60, ""),
        (MediaKind.PHOTO, big["source_url"], 1200, "a view"),
        (MediaKind.DOCUMENT, paper["source_url"], 0, ""),
    ]
    with source.media(item.media[1]).open() as file:
        assert file.read() == picture("view", 1200, 800)
    assert item.published_at - datetime.now(UTC) < timedelta(minutes=1)
    assert "wp-block-gallery" in item.raw[0]["content"]["rendered"]


def test_a_site_says_whom_it_lets_in(wordpress):
    """By name and role, and what stays hidden from them; a wrong password says what to do and is not repeated."""
    settings = WordPressSettings(wordpress=wordpress.url)
    logins = {name: Login(user=name, password=SecretStr(wordpress.logins[name])) for name in ("admin", "reader")}
    assert "(administrator): sees everybody's" in standing(settings, logins["admin"]).can
    assert "(subscriber)" in standing(settings, logins["reader"]).can
    assert "role Editor" in standing(settings, logins["reader"]).soon
    with pytest.raises(ConfigurationError, match="does not know us") as caught:
        standing(settings, Login(user="admin", password=SecretStr("canary of a password")))
    assert "canary" not in str(caught.value)
