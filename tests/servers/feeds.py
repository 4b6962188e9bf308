"""A web server of a test's own that serves feeds and files, knows their ETags, and tells what it was asked."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:at="http://purl.org/atompub/tombstones/1.0" xmlns:media="http://search.yahoo.com/mrss/"'
)
PICTURE = b"\x89PNG\r\n\x1a\n" + b"picture"


class FeedServer:
    """Answers by what `pages` has for a path: bytes, or (status, headers, bytes).

    `asked` has (path, headers, status) of each request.
    """

    def __init__(self, port=0):
        self.pages = {}
        self.asked = []
        self.validates = True
        """Whether it tells and heeds ETags."""
        self.hold = lambda _path: None
        """Called with a path before it is answered."""
        handler = type("Handler", (_Handler,), {"feeds": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def statuses(self):
        """What was answered, in order."""
        return [status for _, _, status in self.asked]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    feeds: FeedServer

    def log_message(self, *_):
        """Say nothing."""

    def do_GET(self):
        self.feeds.hold(self.path)
        found = self.feeds.pages.get(self.path, self.feeds.pages.get(urlsplit(self.path).path))
        status, headers, body = found if isinstance(found, tuple) else (200, {}, found)
        if body is None:
            status, headers, body = 404, {}, b"not here"
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if status == 200 and self.feeds.validates:
            headers = {"ETag": tag, **headers}
            if self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
        self.feeds.asked.append((self.path, dict(self.headers), status))
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def rss(entries, title="A blog", link="https://blog.example/", more=""):
    """Write an RSS feed; its newest entry first, as feeds have it."""
    items = "".join(entry if isinstance(entry, str) else item(**entry) for entry in reversed(entries))
    head = f"<title>{escape(title)}</title><link>{link}</link>"
    return f'<?xml version="1.0"?><rss version="2.0" {NAMESPACES}><channel>{head}{more}{items}</channel></rss>'.encode()


def item(guid="", title="", text="", date="", link="", files=(), more=""):
    """Write one entry."""
    parts = {"title": title, "link": link, "pubDate": date, "description": text}
    body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in parts.items() if value)
    named = f'<guid isPermaLink="false">{escape(guid)}</guid>' if guid else ""
    attached = "".join(f'<enclosure url={quoteattr(url)} type="{kind}" length="1"/>' for url, kind in files)
    return f"<item>{named}{body}{attached}{more}</item>"
