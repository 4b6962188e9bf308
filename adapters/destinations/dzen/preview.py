"""The page beside the feed: how each article will look, and what it lost; it runs nothing, whatever they say."""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from adapters.destinations.dzen.article import Article
from adapters.destinations.dzen.profile import DzenSettings
from adapters.destinations.dzen.richtext import clean

MIME = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; img-src * data:; media-src *; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --faint: #6b6b6b; --line: #e3e3e3; --lost: #a15c00 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --paper: #16171a; --faint: #9a9a9a; --line: #33353a; --lost: #e0a458 }
}
body { margin: 0 auto; max-width: 42rem; padding: 2rem 1rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere }
header, article { border-bottom: 1px solid var(--line); padding-bottom: 1.5rem; margin-bottom: 1.5rem }
h1, h2 { line-height: 1.25 } h2 a { color: inherit; text-decoration: none }
img, video { max-width: 100%; height: auto; border-radius: .5rem } figure { margin: 1rem 0 }
figcaption, .meta { color: var(--faint); font-size: .875rem }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid var(--line) }
.lost { color: var(--lost); font-size: .875rem } a:focus-visible { outline: 2px solid }
"""


def page(settings: DzenSettings, articles: Sequence[Article], waiting: int, lacking: int) -> bytes:
    """Return the page of these articles; `waiting` are not in the feed yet, `lacking` have too little text."""
    html = etree.Element("html", lang=clean(settings.language))
    head = etree.SubElement(html, "head")
    etree.SubElement(head, "meta", charset="utf-8")
    etree.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    etree.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    etree.SubElement(head, "meta", name="robots", content="noindex")
    etree.SubElement(head, "title").text = clean(settings.name)
    etree.SubElement(head, "style").text = STYLE
    body = etree.SubElement(html, "body")
    top = etree.SubElement(body, "header")
    etree.SubElement(top, "h1").text = clean(settings.name)
    said = f"{len(articles):,} articles in the feed"
    said += f", {waiting:,} wait for a place" if waiting else ""
    said += f", {lacking:,} wait for more text" if lacking else ""
    etree.SubElement(top, "p", {"class": "meta"}).text = said
    for article in articles:
        _article(etree.SubElement(body, "article", id=article.guid), article)
    text = etree.tostring(html, encoding="unicode", method="html")
    return f"<!doctype html>\n{text}\n".encode()


def _article(parent: etree._Element, article: Article) -> None:
    """Show one article; its body is markup of our own making, in Dzen's tags alone."""
    title = etree.SubElement(etree.SubElement(parent, "h2"), "a", href=f"#{article.guid}")
    title.text = article.title
    etree.SubElement(parent, "p", {"class": "meta"}).text = f"{article.published_at:%Y-%m-%d %H:%M} UTC"
    for element in etree.fromstring(f"<body>{article.body}</body>"):
        for video in element.iter("video"):
            video.set("controls", "")
        parent.append(element)
    for loss in article.losses:
        etree.SubElement(parent, "p", {"class": "lost"}).text = f"lost: {clean(loss)}"
