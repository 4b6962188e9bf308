"""Feeds to measure with: RSS as blogs and news write it, and Atom; the same bytes for the same number of entries."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

WORDS = str.split(
    "the of and a to in is you that it he was for on are as with his they at be this have from or one had by word but "
    "not what all were we when your can said there use an each which she do how their if will up other about out many "
    "then them these so some her would make like him into time has look two more write go see number no way could "
    "people my than first water been call who oil its now find long down day did get come made may part привет мир "
    "новости сегодня город люди время café naïve 東京 émigré"
)
BEGAN = datetime(2026, 1, 1, 9, tzinfo=UTC)
KINDS = ("blog", "news", "atom")
SITE = "https://blog.example"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"'
)


def feed(kind: str, entries: int) -> bytes:
    """Write a feed of a kind (KINDS)."""
    chance = random.Random(f"{kind} {entries}")
    write = {"blog": _blog, "news": _news, "atom": _atom}[kind]
    inside = "\n".join(write(chance, number) for number in range(entries))
    if kind == "atom":
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>Notes</title>'
            f'<link href="{SITE}/"/><updated>2026-01-01T00:00:00Z</updated><id>{SITE}/</id>\n{inside}</feed>'
        ).encode()
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {NAMESPACES}><channel><title>The {kind}</title>'
        f"<link>{SITE}/</link><description>What is new</description><language>en</language>\n{inside}</channel></rss>"
    ).encode()


def _said(chance: random.Random, least: int, most: int) -> str:
    """Return some words."""
    return " ".join(chance.choices(WORDS, k=chance.randint(least, most)))


def _paragraph(chance: random.Random) -> str:
    """Return a paragraph as editors write it."""
    said = [escape(_said(chance, 8, 40)).capitalize()]
    if chance.random() < 0.6:
        said.append(f'<a href="{SITE}/{chance.randint(1, 9999)}/?a=1&amp;b=2" rel="nofollow">{_said(chance, 1, 5)}</a>')
    if chance.random() < 0.4:
        said.append(f"<strong>{_said(chance, 1, 4)}</strong>")
    if chance.random() < 0.3:
        said.append(f"<em>{_said(chance, 1, 4)}</em>&nbsp;&#8212;")
    return f"<p>{' '.join([*said, _said(chance, 5, 20)])}.</p>\n"


def _article(chance: random.Random, number: int, least: int, most: int) -> str:
    """Return the HTML of an article: paragraphs, and now and then a picture, a list, a quotation, code."""
    parts = [_paragraph(chance) for _ in range(chance.randint(least, most))]
    picture = (
        f'<figure class="wp-block-image size-large"><img loading="lazy" decoding="async" width="1024" height="683" '
        f'src="{SITE}/wp-content/uploads/2026/01/photo-{number}-1024x683.jpg" alt="{_said(chance, 1, 4)}" '
        f'class="wp-image-{number}" srcset="{SITE}/a-{number}.jpg 1024w, {SITE}/b-{number}.jpg 300w"/>'
        f"<figcaption>{_said(chance, 2, 6)}</figcaption></figure>\n"
    )
    more = (
        picture,
        "<ul>\n" + "".join(f"<li>{_said(chance, 2, 8)}</li>\n" for _ in range(chance.randint(2, 5))) + "</ul>\n",
        f'<h2 class="wp-block-heading">{_said(chance, 2, 6)}</h2>\n',
        f"<blockquote>{_paragraph(chance)}</blockquote>\n",
        f'<pre><code class="language-python">for x in range({number}):\n    print(x &lt; 3)\n</code></pre>\n',
    )
    for one, often in zip(more, (0.6, 0.3, 0.4, 0.15, 0.08), strict=True):
        if chance.random() < often:
            parts.insert(chance.randint(0, len(parts)), one)
    return "".join(parts)


def _blog(chance: random.Random, number: int) -> str:
    """Return an entry with its whole article, as WordPress writes it."""
    when = format_datetime(BEGAN - timedelta(minutes=37 * number))
    tags = "".join(f"<category><![CDATA[{chance.choice(WORDS)}]]></category>" for _ in range(chance.randint(1, 4)))
    sound = f'<enclosure url="{SITE}/audio/{number}.mp3" length="123456" type="audio/mpeg"/>' if number % 5 == 0 else ""
    return (
        f"<item><title>{escape(_said(chance, 3, 9))} &#038; more</title><link>{SITE}/2026/{number}/</link>"
        f"<comments>{SITE}/2026/{number}/#comments</comments><dc:creator><![CDATA[Ann Writer]]></dc:creator>"
        f'<pubDate>{when}</pubDate>{tags}<guid isPermaLink="false">{SITE}/?p={number}</guid>'
        f"<description><![CDATA[<p>{_said(chance, 20, 50)} [&#8230;]</p>]]></description>"
        f"<content:encoded><![CDATA[{_article(chance, number, 3, 8)}]]></content:encoded>"
        f"<wfw:commentRss>{SITE}/2026/{number}/feed/</wfw:commentRss><slash:comments>{number % 7}</slash:comments>"
        f"{sound}</item>"
    )


def _news(chance: random.Random, number: int) -> str:
    """Return an entry with a few lines and a picture, as newspapers write it."""
    when = format_datetime(BEGAN - timedelta(minutes=11 * number), usegmt=True)
    picture = f"{SITE}/pictures/{number}.jpg"
    lines = f'<p>{_said(chance, 20, 60)} <a href="{SITE}/n/{number}">more</a></p>'
    return (
        f"<item><title>{escape(_said(chance, 4, 10))}</title><link>{SITE}/n/{number}?utm_source=rss</link>"
        f'<guid isPermaLink="true">{SITE}/n/{number}</guid><pubDate>{when}</pubDate>'
        f"<category>{chance.choice(WORDS)}</category><description>{escape(lines)}</description>"
        f'<media:content url="{picture}" medium="image" type="image/jpeg" width="640" height="360">'
        f"<media:description>{_said(chance, 3, 8)}</media:description></media:content></item>"
    )


def _atom(chance: random.Random, number: int) -> str:
    """Return an entry of Atom with escaped HTML."""
    when = BEGAN - timedelta(minutes=53 * number)
    return (
        f'<entry><title type="html">{escape(_said(chance, 3, 9))}</title><id>tag:blog.example,2026:{number}</id>'
        f'<link rel="alternate" type="text/html" href="{SITE}/notes/{number}"/>'
        f"<published>{when.isoformat()}</published><updated>{(when + timedelta(hours=3)).isoformat()}</updated>"
        f"<author><name>Ben Writer</name><uri>{SITE}/ben</uri></author>"
        f'<category term="{chance.choice(WORDS)}"/><summary type="text">{_said(chance, 10, 30)}</summary>'
        f'<content type="html">{escape(_article(chance, number, 1, 4))}</content></entry>'
    )
