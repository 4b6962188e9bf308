"""A small site behind httpx's transport: it answers as WordPress 6.1 was seen to, and moves while it is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx

from adapters.http import Client
from adapters.sources.wordpress import Login, WordPressSettings
from adapters.sources.wordpress.source import WordPressSource

DAY = datetime(2025, 1, 1, tzinfo=UTC)
INDEX = {"name": "A site", "home": "https://example.org", "namespaces": ["wp/v2"], "gmt_offset": "3"}
TYPES = {"post": {"rest_base": "posts", "rest_namespace": "wp/v2"}, "wp_block": {"rest_base": "blocks"}}


def post(number, text="<p>text</p>", **fields):
    """Build a post as the API shows it."""
    at = (DAY + timedelta(minutes=number)).isoformat()[:19]
    return {
        "id": number,
        "date_gmt": at,
        "modified_gmt": at,
        "status": "publish",
        "type": "post",
        "link": f"https://example.org/p{number}/",
        "title": {"rendered": f"post {number}"},
        "content": {"rendered": text, "protected": False},
        "author": 1,
    } | fields


class Far:
    """What lies behind the transport: posts by id, a log of questions, and answers put in the site's place."""

    def __init__(self, *posts, home="https://example.org"):
        self.posts = {one["id"]: one for one in posts}
        self.index = INDEX | {"home": home}
        self.asked = []
        self.meanwhile = []
        """What happens before each further page of a sweep, one by one."""
        self.instead = None
        """Answers in the site's place: takes a request, returns an answer or None."""

    def source(self, login=None, page_size=100, **settings):
        """Open an adapter on it."""
        chosen = WordPressSettings(**{"wordpress": "https://example.org"} | settings)
        types = {"types": ("post",)} if "types" not in settings else {}
        client = Client(transport=httpx.MockTransport(self.answer))
        return WordPressSource(
            chosen.model_copy(update=types), login, page_size=page_size, client=client, pause=lambda _: None
        )

    def answer(self, request):
        """Answer one question."""
        path, query = request.url.path.removeprefix("/wp-json/"), dict(request.url.params)
        self.asked.append((path, query))
        instead = self.instead(request) if self.instead else None
        if instead is not None:
            return instead
        fixed = {"": self.index, "wp/v2/types": TYPES, "wp/v2/users/me": {"id": 1}, "wp/v2/media": []}
        if path in fixed:
            return told(fixed[path])
        if path == "wp/v2/posts":
            return self._list(query)
        number = int(path.rpartition("/")[2])
        return told(self.posts[number]) if number in self.posts else told({"code": "rest_post_invalid_id"}, 404)

    def _list(self, query):
        """Answer a question for several posts."""
        if int(query.get("offset", 0)) and self.meanwhile:
            self.meanwhile.pop(0)(self.posts)
        posts = sorted(self.posts.values(), key=lambda one: one["id"])
        if "include" in query:
            posts = [one for one in posts if str(one["id"]) in query["include"].split(",")]
        begin = int(query.get("offset", 0))
        some = posts[begin : begin + int(query["per_page"])] if "per_page" in query else posts
        return told(some, headers={"x-wp-total": str(len(posts))})


def told(value, status=200, headers=None):
    """Build an answer of the API's own."""
    usual = {"content-type": "application/json; charset=UTF-8", "date": "Wed, 01 Jan 2031 00:00:00 GMT"}
    return httpx.Response(status, content=json.dumps(value).encode(), headers=usual | (headers or {}))


def page(status=200, text="<html><title>Hello</title></html>", headers=None):
    """Build a web page where an answer should be."""
    return httpx.Response(status, text=text, headers={"content-type": "text/html"} | (headers or {}))


__all__ = ["DAY", "Far", "Login", "page", "post", "told"]
