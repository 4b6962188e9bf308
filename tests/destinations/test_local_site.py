"""The site in a real browser, opened from disk without a network: no error, nothing that runs, all that it offers."""

from __future__ import annotations

import io
import os
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, expect, sync_playwright

from adapters.contracts.item import ContentItem
from adapters.contracts.ports import Batch, MediaFile, MediaMissing
from adapters.contracts.version import stamp
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.destinations.local.pages.site import Cuts
from adapters.sources.telegram_export import TelegramExportSource
from tests.destinations.hostile import SOURCE, hostile
from tests.exports import SAMPLE

CHROMIUM = os.environ.get("SYNDICATE_TEST_CHROMIUM", "/usr/bin/chromium")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1440, 900)}
LOOKS = pytest.mark.parametrize("look", ["light", "dark"])
WORDS = ["Берёза", "озеро", "лодка", "tea", "Kettle", "парус"]
LONG = [f"{WORDS[number % 6]} {WORDS[number % 5]} word{number}" for number in range(3000)]
PAGE = b"<script>document.title='ran'</script>"


@pytest.fixture(scope="module")
def browser():
    """A browser that is there, of this machine."""
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        except Error as error:
            pytest.fail(
                f"no browser at {CHROMIUM}: apt-get install chromium, or name one in SYNDICATE_TEST_CHROMIUM ({error})"
            )
        yield started
        started.close()


def opened(browser, said, size="desk", look="light", locale="en-GB", **more):
    """Open a tab without a network; what it complains of, or asks from elsewhere, is noted."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=look, locale=locale, offline=True, **more
    )
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    tab.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    tab.on("request", lambda request: None if request.url.startswith("file://") else said.append(request.url))
    return tab


@pytest.fixture
def said():
    """What the tabs complained of; nothing, in the end."""
    complaints = []
    yield complaints
    assert complaints == []


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The address of the sample's site."""
    folder = tmp_path_factory.mktemp("sample") / "archive"
    source = TelegramExportSource(SAMPLE)
    with LocalDestination(LocalSettings(archive=folder, formats=("site",))).open(source.identity) as session:
        session.commit(Batch([item for page in source.read() for item in page.entries]), source.media)
    source.close()
    return (folder / "site").as_uri()


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory):
    """The folder of a site whose every text is hostile."""
    folder = tmp_path_factory.mktemp("hostile") / "archive"

    def media(medium):
        if not medium.ref:
            raise MediaMissing(medium.missing)
        return MediaFile(lambda: io.BytesIO(PAGE), len(PAGE))

    items = [
        item.model_copy(update={"media": tuple(m.model_copy(update={"size": 0}) for m in item.media)})
        for item in hostile()
    ]
    with LocalDestination(LocalSettings(archive=folder, formats=("site",))).open(SOURCE) as session:
        session.commit(Batch(items), media)
    return folder / "site"


@pytest.fixture(scope="module")
def long_site(tmp_path_factory):
    """The address of a site of many pages."""
    folder = tmp_path_factory.mktemp("long") / "archive"
    items = [
        stamp(
            ContentItem(
                id=f"{SOURCE}/{number}",
                published_at=datetime(2023, 11, 1, tzinfo=UTC) + timedelta(hours=number),
                text=text,
            ),
            "telegram_export",
        )
        for number, text in enumerate(LONG)
    ]
    place = LocalDestination(LocalSettings(archive=folder, formats=("site",)), Cuts(page=50, segment=10))
    with place.open(SOURCE) as session:
        session.commit(Batch(items), lambda _: None)
    return (folder / "site").as_uri()


@pytest.mark.parametrize("size", SIZES)
@LOOKS
def test_pages_are_sound_at_every_size(browser, said, sample, size, look):
    """No error, nothing wider than the screen, and nothing serious that axe finds."""
    tab = opened(browser, said, size, look)
    for page in ("index.html", "2025/05.html", "tags/index.html", "tags/tea.html", "search.html?q=чай"):
        tab.goto(f"{sample}/{page}")
        tab.wait_for_selector("main h1")
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        # Its preloading would fetch the style sheet, which a page opened from disk cannot.
        found = Axe().run(tab, options={"preload": False}).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]
        assert serious == []
    tab.context.close()


@pytest.mark.parametrize("locale", ["ru-RU", "en-US"])
def test_the_reader_is_spoken_to_in_their_language(browser, said, sample, locale):
    """By the browser's language; the button changes it, and the next page remembers."""
    tab = opened(browser, said, locale=locale)
    first, other = ("Месяцы", "Months") if locale == "ru-RU" else ("Months", "Месяцы")
    tab.goto(f"{sample}/2025/05.html")
    assert tab.inner_text(".bar nav a >> nth=0") == first
    assert tab.inner_text("h1") == ("май 2025 г." if locale == "ru-RU" else "May 2025")
    tab.click("#language")
    assert tab.inner_text(".bar nav a >> nth=0") == other
    tab.goto(f"{sample}/index.html")
    assert tab.inner_text(".bar nav a >> nth=0") == other
    tab.context.close()


@LOOKS
def test_light_and_dark_can_be_changed(browser, said, sample, look):
    """As the system has it, until the reader says otherwise."""
    tab = opened(browser, said, look=look)
    tab.goto(f"{sample}/index.html")
    before = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.click("#theme")
    changed = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert changed != before
    tab.goto(f"{sample}/2025/05.html")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == changed
    tab.context.close()


def test_search_finds(browser, said, long_site):
    """Whatever letters are large, with ё or е, by the beginnings of words: all posts that have all of them."""
    tab = opened(browser, said)
    tab.goto(f"{long_site}/search.html")
    for question in ("береза", "БЕРЁЗ", "бер озеро", "word2999", "word29", "kettle tea", "нетакогослова"):
        words = question.lower().replace("ё", "е").split()
        texts = [text.lower().replace("ё", "е").split() for text in LONG]
        hits = sum(all(any(one.startswith(word) for one in text) for word in words) for text in texts)
        tab.fill("#q", question)
        found = re.compile(f"^{hits:,} posts? found$" if hits else "^Nothing found")
        expect(tab.locator("#found")).to_have_text(found, timeout=30_000)
        expect(tab.locator("#results li")).to_have_count(min(hits, 30), timeout=30_000)
    tab.context.close()


def test_a_result_leads_to_its_post(browser, said, long_site):
    """The newest first, the hit marked; a click opens the month's page at the post."""
    tab = opened(browser, said)
    tab.goto(f"{long_site}/index.html")
    tab.fill("input[type=search]", "озеро")
    tab.press("input[type=search]", "Enter")
    tab.wait_for_selector("#results mark")
    times = tab.eval_on_selector_all("#results time", "all => all.map(one => one.dateTime)")
    assert times == sorted(times, reverse=True)
    tab.click("#further")
    expect(tab.locator("#results li")).to_have_count(60)
    tab.click("#results li:nth-child(40) a")
    tab.wait_for_selector("article:target")
    assert "озеро" in tab.inner_text("article:target")
    tab.context.close()


def test_pages_lead_to_each_other(browser, said, long_site):
    """From the first page to the last, each once, and back."""
    tab = opened(browser, said)
    tab.goto(f"{long_site}/2023/11.html")
    seen = [tab.url]
    while further := tab.get_attribute("a[rel=next]", "href") if tab.locator("a[rel=next]").count() else "":
        tab.goto(urljoin(tab.url, further))
        seen.append(tab.url)
        assert urljoin(tab.url, tab.get_attribute("a[rel=prev]", "href")) == seen[-2]
    assert len(seen) == len(set(seen)) == 61
    assert "word2999" in tab.inner_text("main")
    tab.context.close()


def test_answers_are_linked_both_ways(browser, said, sample):
    """From the answer to what it answers, and from there back."""
    tab = opened(browser, said, "phone")
    tab.goto(f"{sample}/2025/05.html")
    tab.click("[id='8'] .answers a")
    assert tab.evaluate("location.hash") == "#5"
    tab.click("[id='5'] .replies summary")
    tab.click("[id='5'] .replies a")
    assert tab.evaluate("location.hash") == "#8"
    tab.context.close()


def test_media_play_and_spoilers_open(browser, said, sample):
    """A film and a voice can be played, a hidden picture and a hidden word shown."""
    tab = opened(browser, said)
    tab.goto(f"{sample}/2025/05.html")
    for kind in ("video", "audio"):
        tab.evaluate(f"document.querySelector('{kind}').play()")
        expect(tab.locator(kind).first).to_have_js_property("paused", value=False)
        expect(tab.locator(kind).first).to_have_js_property("error", value=None)
    assert not tab.is_visible("[id='20'] img")
    tab.click("[id='20'] summary")
    assert tab.is_visible("[id='20'] img")
    assert tab.evaluate("getComputedStyle(document.querySelector('.spoiler')).color") == "rgba(0, 0, 0, 0)"
    tab.click(".spoiler")
    assert tab.evaluate("getComputedStyle(document.querySelector('.spoiler')).color") != "rgba(0, 0, 0, 0)"
    tab.context.close()


def test_hostile_texts_run_nothing(browser, said, hostile_site):
    """No script of a text or a file runs, no page asks for anything elsewhere, and no link leads to a script."""
    tab = opened(browser, said)
    pages = [path for path in hostile_site.rglob("*.html") if path.parent.name != "tags"]
    for path in pages:
        tab.goto(path.as_uri())
        assert tab.title() != "ran"
        assert (
            tab.evaluate("document.querySelectorAll('main script, main iframe, main object, main embed').length") == 0
        )
        handlers = (
            "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))"
        )
        assert tab.evaluate(handlers) == []
        schemes = tab.evaluate("[...new Set([...document.links].map(link => link.protocol))]")
        # An address that cannot be read has none.
        assert set(schemes) <= {":", "file:", "http:", "https:", "mailto:", "tel:", "tg:"}
        local = "[...document.links].map(one => one.href).filter(one => /media.*\\.(x?html?|svg|js|xml)$/.test(one))"
        assert tab.evaluate(local) == [], path
    assert len(pages) == 3
    tab.goto(f"{hostile_site.as_uri()}/search.html?q=%3Cimg%20src%3Dx%20onerror%3D%22document.title%3D'ran'%22%3E")
    tab.fill("#q", "script")
    tab.wait_for_selector("#results li")
    assert tab.title() != "ran"
    assert tab.evaluate("document.querySelectorAll('main script, #results img').length") == 0
    tab.context.close()


def test_without_javascript_all_but_the_search_works(browser, said, sample):
    """Texts, pictures and links are in the pages themselves."""
    tab = opened(browser, said, java_script_enabled=False)
    tab.goto(f"{sample}/index.html")
    tab.click(".year a")
    assert "Добро пожаловать" in tab.inner_text("main")
    tab.click(".tag >> nth=0")
    assert "Добро пожаловать" in tab.inner_text("main")
    tab.context.close()


def test_a_printed_page_has_no_buttons(browser, said, sample):
    """On paper there is the text, black on white, and nothing to click."""
    tab = opened(browser, said, look="dark")
    tab.goto(f"{sample}/2025/05.html")
    tab.emulate_media(media="print")
    assert not tab.is_visible("#theme")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.pdf().startswith(b"%PDF")
    tab.context.close()
