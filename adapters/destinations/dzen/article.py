"""Articles: what becomes of an item, or of several short ones, in the feed; what breaks a rule is told by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from lxml import etree

from adapters.contracts.item import ContentItem, ItemKind, Media, SpanKind
from adapters.destinations.dzen.profile import DzenSettings, Profile
from adapters.destinations.dzen.richtext import blocks, clean, markup, plain, untracked
from adapters.destinations.dzen.rules import RULES
from adapters.fidelity import NAMES, Part, report
from adapters.text.spans import PLAIN

FEED, PREVIEW = "feed.xml", "preview.html"
DESCRIPTION = 250
"""Characters of an article's beginning that its card shows."""
_SHOWN = frozenset({Part.TITLE, Part.POLL})
_PLAIN_HERE = frozenset({SpanKind.SPOILER, SpanKind.CODE, SpanKind.PRE, SpanKind.MENTION_NAME, SpanKind.CUSTOM_EMOJI})
"""Marks that Dzen has no tag for."""
_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"»”)]*(?=\s|$)|$)")
_SAYS = re.compile(r"\w")


@dataclass(frozen=True)
class Article:
    """One `item` of the feed."""

    id: str
    guid: str
    title: str
    link: str
    description: str
    published_at: datetime
    body: str
    """Markup in Dzen's tags."""
    cover: Media | None
    """The first picture, with its `path` in the place."""
    losses: tuple[str, ...]


def guid_of(item_id: str) -> str:
    """Return an item's guid, by its id alone and for ever: the id itself, whatever is no plain sign of it escaped."""
    return quote(item_id, safe=":/@-._~", errors="surrogatepass")


def length_of(item: ContentItem) -> int:
    """Return how many characters of text an item has, as Dzen's readers would count them."""
    return len(" ".join(clean(_text(item)).split()))


def compose(settings: DzenSettings, article_id: str, items: Sequence[ContentItem]) -> Article:
    """Return the article of one item, or of several in order of their dates, whose media have been kept."""
    first = items[0]
    cover = _cover(settings.profile, items)
    parts = [_figure(settings, cover)] if cover else []
    parts += [part for item in items for part in _parts(settings, item, cover)]
    text = "\n".join(plain(part) for part in parts if part.tag in {"p", "blockquote", "ul"})
    losses = [loss for item in items for loss in _losses(item, settings.profile.title_max)]
    if cover is None and any(_is_picture(medium) for item in items for medium in item.media):
        losses.append(f"pictures left out: none is {settings.profile.cover_width} pixels wide")
    return Article(
        id=article_id,
        guid=guid_of(article_id),
        title=_title(settings, first, text),
        link=_link(settings, article_id, first),
        description=_cut(" ".join(text.split()), DESCRIPTION),
        published_at=first.published_at,
        body=markup(parts),
        cover=cover,
        losses=tuple(dict.fromkeys(losses)),
    )


def left_out(profile: Profile, item: ContentItem) -> str:
    """Name what keeps an item out of the feed by its nature or by a setting; empty where nothing does."""
    if item.kind is not ItemKind.POST:
        return f"{item.kind} message"
    if profile.short == "skip" and length_of(item) < profile.text_min:
        return f"shorter than {profile.text_min} characters"
    return ""


def judge_text(profile: Profile, item: ContentItem) -> None:
    """Raise Rejected, with the rule's name, for an item whose text cannot be an article of this profile."""
    length = length_of(item)
    if profile.short == "refuse" and length < profile.text_min:
        raise RULES["text-length"].broken(
            item.id,
            f"the text has {length} characters, {profile.text_min} are needed: lengthen it at the source, or choose to "
            "skip or join short items",
        )


def judge_pictures(profile: Profile, item: ContentItem) -> None:
    """Raise Rejected, with the rule's name, for an item whose pictures, as they were kept, do not make an article."""
    pictures = [medium for medium in item.media if _is_picture(medium)]
    if profile.without_picture == "refuse" and not pictures:
        raise RULES["picture"].broken(item.id, "it has no picture: add one at the source")
    if profile.unfit == "refuse" and pictures and _cover(profile, [item]) is None:
        raise RULES["cover-width"].broken(item.id, f"no picture of it is {profile.cover_width} pixels wide")


def _is_picture(medium: Media) -> bool:
    """Say whether a kept medium is a picture."""
    return bool(medium.path) and medium.mime.startswith("image/")


def _cover(profile: Profile, items: Sequence[ContentItem]) -> Media | None:
    """Return the picture that goes first: Dzen makes the card of it."""
    pictures = (medium for item in items for medium in item.media if _is_picture(medium))
    return next((medium for medium in pictures if medium.width >= profile.cover_width), None)


def _text(item: ContentItem) -> str:
    """Return the text of an item with that of its poll."""
    answers = "\n".join(answer.text for answer in item.poll.answers) if item.poll else ""
    return f"{item.text}\n{item.poll.question}\n{answers}" if item.poll else item.text


def _parts(settings: DzenSettings, item: ContentItem, cover: Media | None) -> Iterator[etree._Element]:
    """Yield an item's elements behind the cover: its text, its poll, its files; no picture goes without a cover."""
    yield from blocks(item.text, item.spans, settings.profile.tracking)
    if item.poll:
        yield from blocks(item.poll.question, (), ())
        answers = etree.Element("ul")
        for answer in item.poll.answers:
            etree.SubElement(answers, "li").text = clean(answer.text)
        if len(answers):
            yield answers
    for medium in item.media:
        if medium.path and medium is not cover and (cover is not None or not _is_picture(medium)):
            yield _figure(settings, medium)


def _figure(settings: DzenSettings, medium: Media) -> etree._Element:
    """Return a picture or a video with its caption."""
    figure = etree.Element("figure")
    sizes = {"width": str(medium.width), "height": str(medium.height)} if medium.width and medium.height else {}
    address = f"{settings.base_url}/{medium.path}"
    if medium.mime.startswith("image/"):
        etree.SubElement(figure, "img", {"src": address} | sizes)
    else:
        video = etree.SubElement(figure, "video", sizes)
        etree.SubElement(video, "source", src=address, type=medium.mime)
    if caption := clean(medium.title).strip():
        etree.SubElement(figure, "figcaption").text = caption
    return figure


def _title(settings: DzenSettings, item: ContentItem, text: str) -> str:
    """Return the source's title, or the first sentence that says something, or the channel's title with the date."""
    if own := " ".join(clean(item.title).split()):
        return _cut(own, settings.profile.title_max)
    for line in text.split("\n"):
        for sentence in _SENTENCE.findall(line):
            if _SAYS.search(sentence):
                return _cut(" ".join(sentence.split()), settings.profile.title_max).removesuffix(".")
    return f"{clean(settings.name)}, {item.published_at:%Y-%m-%d}"


def _cut(text: str, most: int) -> str:
    """Cut a text at a word's end where it is too long, and say so by an ellipsis."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    at = kept.rfind(" ")
    return (kept[:at] if at > most // 2 else kept).rstrip(" ,;:-") + "…"


def _link(settings: DzenSettings, article_id: str, item: ContentItem) -> str:
    """Return the item's own page where there is one, else the one that the settings name."""
    try:
        if item.url and urlsplit(item.url).scheme in {"http", "https"}:
            return untracked(clean(item.url), settings.profile.tracking)
    except ValueError:
        pass
    if settings.link:
        return settings.link.replace("{id}", quote(article_id.rpartition("/")[2], safe="", errors="surrogatepass"))
    return f"{settings.base_url}/{PREVIEW}#{guid_of(article_id)}"


def _losses(item: ContentItem, title_max: int) -> Iterator[str]:
    """Name what an item loses on its way to Dzen."""
    more = [PLAIN[span.kind] for span in item.spans if span.kind in _PLAIN_HERE]
    absent = [medium for medium in item.media if medium.missing and not medium.path]
    more += [f"{NAMES[medium.kind]} is left out: {medium.missing}" for medium in absent]
    if clean(item.text) != item.text.replace("\r", ""):
        more.append("characters that XML cannot hold are left out")
    if item.poll:
        more.append("a poll is a list")
    if len(item.title) > title_max:
        more.append("a title is cut")
    # What is kept here has lost its `ref`; which files are missing has been said above.
    yield from report(item.model_copy(update={"media": ()}), _SHOWN, more)
