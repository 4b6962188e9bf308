"""Feedparser's own 2,242 cases: none of them makes us stumble, and what they state of entries is what we read."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from importlib.metadata import version

import pytest

from adapters.contracts.errors import ConfigurationError
from tests.sources.rss.stated import compared, read

CASES = 2242
EMBEDDED = "an embedded page stands in the text as its address: a reader can go there"
DIFFERENT = {
    **dict.fromkeys(
        (
            *(
                f"sanitize/{part}_{tag}.xml"
                for part in ("entry_content", "entry_summary", "entry_title", "item_body")
                for tag in ("embed", "iframe")
            ),
            *(
                f"sanitize/{part}_{tag}.xml"
                for part in ("item_content_encoded", "item_description", "item_fullitem", "item_xhtml_body")
                for tag in ("embed", "iframe")
            ),
        ),
        EMBEDDED,
    ),
    "sanitize/item_content_encoded_script_nested_cdata.xml": "text behind a script's end is text, as in browsers",
    "encoding/bozo_linenoise.xml": "`<>` is no tag, as in browsers",
    "atom/entry_updated_multiple_values.xml": "of two dates of one name the first counts",
    "atom10/entry_content_and_summary.xml": "an item has one text: content over summary",
    "rss/item_description_and_summary.xml": "an item has one text: the first of description and summary",
    "rss/item_summary_and_description.xml": "an item has one text: the first of description and summary",
    "rss/item_description_not_a_doctype.xml": "`<!` begins a comment, as in browsers",
    "rss/item_madeup_tags_element.xml": "an element named `tags` belongs to no format",
    "base/http_entry_id_base_content_location.xml": "an id stays as it is written, wherever the feed is served",
    "base/http_entry_id_base_docuri.xml": "an id stays as it is written, wherever the feed is served",
    "cdf/item_href_map_link.xml": "CDF, of 1997, has no feeds any more",
    "cdf/item_lastmod_parsed.xml": "CDF, of 1997, has no feeds any more",
}
"""Cases that we read otherwise, and why."""


@pytest.fixture(scope="module")
def cases(request):
    """The cases of the feedparser that is installed, from its source package: name → bytes."""
    named = f"feedparser-{version('feedparser')}"
    folder = request.config.cache.mkdir("feedparser")
    archive = folder / f"{named}.tar.gz"
    if not archive.exists():
        command = (sys.executable, "-m", "pip", "download", "-q", "--no-binary", ":all:", "--no-deps")
        subprocess.run([*command, "-d", folder, named.replace("-", "==")], check=True, timeout=300)
    found = {}
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            _, _, name = member.name.partition("/tests/")
            if member.isfile() and name and not name.endswith(".py"):
                found[name.removeprefix("wellformed/")] = packed.extractfile(member).read()
    return found


def test_nothing_makes_us_stumble(cases):
    """Read, or refused in plain words; every entry is an item that survives being kept, or is shown as unreadable."""
    refused = []
    for name, data in cases.items():
        try:
            _, entries = read(data, name)
        except ConfigurationError as error:
            refused.append(f"{name}: {error}")
            continue
        for entry in entries:
            assert type(entry).model_validate_json(entry.to_json()) == entry, name
    assert len(cases) >= CASES
    assert len(refused) <= len([name for name in cases if name.startswith("compression/")]) + 4, refused


def test_what_the_cases_state_is_what_we_read(cases):
    """Title, link, id, text, enclosures, dates, tags and authors; what differs is named above, and nothing else."""
    stated, different = 0, {}
    for name, data in cases.items():
        if not name.endswith(".xml"):
            continue
        for field, theirs, ours in compared(data, name):
            stated += 1
            if theirs != ours:
                different[name] = (field, theirs, ours)
    assert stated > 800
    assert {name: row for name, row in different.items() if name not in DIFFERENT} == {}
    assert set(DIFFERENT) == set(different)
