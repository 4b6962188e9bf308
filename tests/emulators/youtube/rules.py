"""What YouTube says of a video's metadata beyond the schema, and what things cost.

Sources: developers.google.com/youtube/v3/docs/videos (title, description, tags, publishAt), .../docs/errors and
.../docs/videos/insert#errors (reasons), .../docs/thumbnails/set, .../determine_quota_cost (costs and buckets). Lengths
"in characters" are counted in UTF-16 units here, the strictest reading; the page does not say.
"""

from datetime import datetime

COSTS = {
    "videos.list": 1,
    "videos.update": 50,
    "videos.delete": 50,
    "thumbnails.set": 50,
    "playlistItems.list": 1,
    "playlistItems.insert": 50,
    "channels.list": 1,
}
"""Units of the day's 10,000; `videos.insert` has a bucket of its own, 100 calls a day."""
CATEGORIES = {str(n) for n in (1, 2, 10, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)}
TITLE, DESCRIPTION, TAGS = 100, 5_000, 500
LARGEST_THUMBNAIL = 2 << 20
"""Bytes (docs/thumbnails/set); the discovery document's own `maxSize` is 50 MB."""


class Refused(Exception):
    """An error as the API says it: status, reason, message."""

    def __init__(self, status, reason, message="", headers=None):
        super().__init__(reason)
        self.status, self.reason, self.message, self.headers = status, reason, message or reason, headers or {}


def units(text):
    """Return a text's length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def tags_length(tags):
    """Count tags: commas between them count, and the quotation marks around one with a space in it."""
    return sum(units(tag) + (2 if " " in tag else 0) for tag in tags) + max(len(tags) - 1, 0)


def check_snippet(snippet):
    """Raise what a snippet is refused for."""
    title, description = snippet.get("title", ""), snippet.get("description", "")
    if not title.strip() or units(title) > TITLE or set("<>") & set(title):
        raise Refused(400, "invalidTitle", "The request metadata specifies an invalid or empty video title.")
    if len(description.encode()) > DESCRIPTION or set("<>") & set(description):
        raise Refused(400, "invalidDescription", "The request metadata specifies an invalid video description.")
    tags = snippet.get("tags", [])
    if tags_length(tags) > TAGS or any(set("<>") & set(tag) or not tag.strip() for tag in tags):
        raise Refused(400, "invalidTags", "The request metadata specifies invalid video keywords.")
    if snippet.get("categoryId") not in CATEGORIES:
        raise Refused(400, "invalidCategoryId", "The snippet.categoryId property specifies an invalid category ID.")
    for text in (title, description, *tags):
        if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in text):
            raise Refused(400, "invalidDescription", "control characters")


def check_status(status):
    """Raise what a status is refused for."""
    if "publishAt" not in status:
        return
    if status.get("privacyStatus") != "private":
        raise Refused(400, "invalidPublishAt", "The request metadata specifies an invalid scheduled publishing time.")
    datetime.fromisoformat(status["publishAt"])
