"""The check: every rule with a feed that breaks it, and nothing to say of a feed that breaks none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.conformance.bulk.shelf import SOURCE, bytes_of
from adapters.contracts.ports import Batch
from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
from adapters.destinations.dzen.check import check
from adapters.destinations.dzen.rules import RULES
from tests.channels import Clock, channel

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
TEXT = "<p>" + "Слово и дело. " * 30 + "</p>"
PICTURE = '<figure><img src="https://example.com/1.jpg" width="1200" height="800"/></figure>'
SOURCE_OF = '<source src="https://example.com/v.mp4" type="video/mp4"/>'
VIDEO = f'<figure><video width="1280" height="720">{SOURCE_OF}</video></figure>'
CONTENT = PICTURE + TEXT + VIDEO
ITEM = """<item>
<title>Title {n}</title>
<link>https://example.com/{n}</link>
<guid isPermaLink="false">guid-{n}</guid>
<pubDate>Tue, 31 Mar 2026 0{n}:00:00 +0300</pubDate>
<category>native-draft</category><category>format-article</category><category>index</category><category>Travel</category>
<contentType>blogs_only</contentType>
<media:rating scheme="urn:simple">nonadult</media:rating>
<enclosure url="https://example.com/1.jpg" length="5" type="image/jpeg"/>
<content:encoded><![CDATA[{content}]]></content:encoded>
</item>
"""


def good(items=10, content=CONTENT):
    """Return a feed that breaks no rule."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">'
        "<channel><title>T</title><link>https://example.com/</link><language>ru</language>"
        + "".join(ITEM.format(n=n, content=content) for n in range(items))
        + "</channel></rss>"
    )


def says(feed, **profile):
    """Return the names of the rules that a feed breaks."""
    data = feed if isinstance(feed, bytes) else feed.encode()
    return {finding.rule for finding in check(data, Profile(**profile), NOW).findings}


def instead(old, new, times=1):
    """Return the good feed with something else in a place."""
    assert old in good()
    return good().replace(old, new, times)


BROKEN = {
    "xml-well-formed": good().replace("</channel>", ""),
    "xml-no-doctype": instead("<rss ", '<!DOCTYPE rss [<!ENTITY a "b">]><rss '),
    "rss-structure": instead('version="2.0"', 'version="0.91"'),
    "namespaces": instead("http://search.yahoo.com/mrss/", "http://example.com/other"),
    "channel-title": instead("<title>T</title>", "<title> </title>"),
    "channel-link": instead("<link>https://example.com/</link>", "<link/>"),
    "channel-language": instead("<language>ru</language>", ""),
    "domain-latin": instead("<link>https://example.com/</link>", "<link>https://xn--80ak6aa92e.com/</link>"),
    "items-first": good(items=9),
    "items-month": good().replace("31 Mar 2026", "31 Jan 2026"),
    "items-fresh": instead("31 Mar 2026", "27 Mar 2026"),
    "guid": instead('<guid isPermaLink="false">guid-3</guid>', ""),
    "guid-once": instead("guid-3", "guid-4"),
    "title": instead("<title>Title 3</title>", "<title></title>"),
    "title-length": instead("Title 3", "T" * 141),
    "link": instead("https://example.com/3<", "/3<"),
    "link-once": instead("https://example.com/3<", "https://example.com/4<"),
    "link-tracking": instead("https://example.com/3<", "https://example.com/3?a=1&amp;UTM_Source=x<"),
    "date": instead("Tue, 31 Mar 2026 03:00:00 +0300", "2026-03-31"),
    "date-future": instead("31 Mar 2026 03", "31 Mar 2027 03"),
    "content": good().replace(CONTENT, "  ", 1),
    "content-markup": good().replace(TEXT, TEXT + "</b></p>", 1),
    "content-tags": good().replace(TEXT, TEXT + "<p>a<br/>b</p>", 1),
    "content-nesting": good().replace(TEXT, TEXT + "<li>x</li>", 1),
    "content-addresses": good().replace(TEXT, TEXT + '<p><a href="javascript:alert(1)">x</a></p>', 1),
    "text-length": good().replace(TEXT, "<p>" + "я" * 299 + "</p>", 1),
    "picture": instead('<enclosure url="https://example.com/1.jpg" length="5" type="image/jpeg"/>', ""),
    "picture-format": instead('type="image/jpeg"', 'type="image/webp"'),
    "cover-width": good().replace('width="1200"', 'width="699"', 1),
    "picture-size": good().replace(TEXT, TEXT + PICTURE.replace("1200", "470"), 1),
    "video-format": good().replace("video/mp4", "video/webm", 1),
    "video-size": good().replace('height="720"', 'height="399"', 1),
    "directive": instead("format-article", "format-book"),
    "directive-once": instead("<category>index</category>", "<category>index</category><category>noindex</category>"),
    "content-type": instead("blogs_only", "channel"),
    "rating": instead("nonadult", "everybody"),
}
"""Rule → a feed that breaks it."""


def test_a_good_feed_has_nothing_to_be_said_of():
    """Not even a warning."""
    assert says(good()) == set()


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_named(rule):
    """By its name, and no other is broken with it: but what is of no month is not of three days either."""
    assert says(BROKEN[rule]) - ({"items-fresh"} if rule == "items-month" else set()) == {rule}


def test_too_many_and_too_large_are_named():
    """By their numbers, which are the profile's."""
    assert says(good(), max_items=9) == {"items-most"}
    assert says(good(), feed_bytes=1000) == {"feed-size"}


def test_every_rule_has_its_feed():
    """Nothing stands in the table that the check cannot find, nor the other way round."""
    assert BROKEN.keys() | {"items-most", "feed-size"} == RULES.keys()


@pytest.mark.parametrize(
    "content",
    [
        "<p>a &nbsp; b</p>",
        "<P>a<p>b",
        '<p><img src="https://example.com/1.jpg">x</p>',
        '<figure><video><source src="https://example.com/1.mp4" type="video/mp4"></video></figure>',
        '<p><a href="mailto:a@example.com">x</a> <a href="#below">y</a></p>',
    ],
)
def test_html_that_is_no_xml_is_html_all_the_same(content):
    """Dzen reads HTML: what it lets stand is let stand here."""
    assert says(good().replace(TEXT, TEXT + content, 1)) == set()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"<rss/>",
        b"<html><body>404</body></html>",
        b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0">&x;</rss>',
        b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss>&b;</rss>',
        b"<a>" * 100_000,
        "<rss version='2.0'><channel><item>\ufffe</item></channel></rss>".encode("utf-16"),
    ],
)
def test_whatever_it_is_given_it_answers(data):
    """With at least one refusal, no entity resolved, no traceback."""
    judged = check(data, Profile(), NOW)
    assert judged.refused
    assert "root:" not in str(judged.findings)


def test_a_month_of_a_channel_passes(tmp_path):
    """The feed of a generated channel, looked at after each day: Dzen would refuse nothing of it."""
    begin = NOW - timedelta(days=30)
    posts, files = channel(7, begin, days=30)
    settings = DzenSettings(
        place=str(tmp_path / "feed"), base_url="https://example.com/dzen", site="https://example.com"
    )
    for day in range(1, 31):
        clock = Clock(begin + timedelta(days=day))
        today = [post for post in posts if clock.at - timedelta(days=1) <= post.published_at < clock.at]
        with DzenDestination(settings, now=clock).open(SOURCE) as session:
            session.commit(Batch(today), bytes_of(files))
        judged = check((tmp_path / "feed/public/feed.xml").read_bytes(), settings.profile, clock.at)
        assert judged.refused == 0, judged.findings
        early = {"items-first", "items-month"} if day < 4 else set()
        assert {finding.rule for finding in judged.findings} <= early, judged.findings
    assert judged.items >= 9
