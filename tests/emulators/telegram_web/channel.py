"""A channel and its preview's pages: twenty messages each, an album in one block, what is deleted a gap."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from tests.emulators.telegram_web.blocks import block

PAGE = 20
HEAD = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title} – Telegram</title>{links}</head>'
    '<body class="widget_frame_base tgme_webpreview"><header class="tgme_header"><div class="tgme_channel_info">'
    '<div class="tgme_channel_info_header_title"><span dir="auto">{title}</span></div></div></header>'
    '<main class="tgme_main" data-url="/{name}"><section class="tgme_channel_history js-message_history">'
)
END = "</section></main></body>\n</html>\n<!-- page generated in 5.32ms -->\n"
MORE = (
    '<div class="tgme_widget_message_centered js-messages_more_wrap"><a href="/s/{name}?before={before}" '
    'class="tme_messages_more js-messages_more" data-before="{before}"></a></div>'
)
NOTHING = (
    '<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message_centered">'
    '<div class="tme_no_messages_found">No posts found</div></div></div>'
)
NOT_FOUND = (
    '<!DOCTYPE html><html><head><title>Telegram Widget</title></head><body><div class="tgme_widget_message_error">'
    "Post not found</div></body></html>"
)


class Channel:
    """What is published, in the form of an export; `base` is where it is served."""

    def __init__(self, messages, name="boat_and_tea", number=42, title="A chat", folder=None):
        self.messages = [one | {"not_shown": True} if one["type"] == "unsupported" else one for one in messages]
        self.name, self.number, self.title = name, number, title
        self.folder = Path(folder) if folder else None
        self.base = "https://cdn4.telesco.pe"
        self.page_size = PAGE
        self.token = "t1"  # noqa: S105 - a token that everybody is shown
        self.clock = 1_735_700_000
        self.cuts_albums = False
        self.hides = set()
        """Messages that the pages do not show although they are there."""

    @classmethod
    def of(cls, export, **more):
        """Return the channel of an export's folder."""
        found = json.loads((Path(export) / "result.json").read_text(encoding="utf-8"))
        return cls(found["messages"], number=found["id"], title=found["name"], folder=export, **more)

    def has(self, path):
        """Say whether a file's bytes are there."""
        return self.folder is not None and (self.folder / path).is_file()

    def media(self, one, path):
        """Return where a file's bytes are served."""
        return f"{self.base}/file/{one['id']}{Path(path).suffix[:5]}?token={self.token}"

    def data(self, number):
        """Return a message's file, or None."""
        one = next((one for one in self.messages if one["id"] == number), {})
        path = one.get("photo") or one.get("file") or ""
        return (self.folder / path).read_bytes() if path and self.has(path) else None

    def link(self, one, *, single=False):
        """Return a message's address."""
        return f"https://t.me/{self.name}/{one['id']}{'?single' if single else ''}"

    def albums(self):
        """Return all messages, each with those it makes an album with."""
        found = []
        for one in self.messages:
            if found and _together(found[-1][-1], one):
                found[-1].append(one)
            else:
                found.append([one])
        return found

    def page(self, before=0):
        """Return what is before a number, or the newest, as HTML."""
        limit = before or 1 << 62
        there = [one for one in self.messages if one["id"] < limit and one["id"] not in self.hides]
        numbers = {one["id"] for one in there[-self.page_size :]}
        shown = []
        for album in self.albums():
            members = [one for one in album if one["id"] < limit and one["id"] not in self.hides]
            if {one["id"] for one in members} & numbers:
                shown.append([one for one in members if one["id"] in numbers] if self.cuts_albums else members)
        first = shown[0][0]["id"] if shown else 0
        older = bool(shown) and first > there[0]["id"]
        links = f'<link rel="prev" href="/s/{self.name}?before={first}">' if older else ""
        head = HEAD.format(title=escape(self.title), name=self.name, links=links)
        more = MORE.format(name=self.name, before=first) if older else ""
        return head + more + ("".join(block(self, album) for album in shown) or NOTHING) + END

    def post(self, number):
        """Return a message's own page as HTML."""
        album = next((album for album in self.albums() if number in {one["id"] for one in album}), None)
        if album is None:
            return NOT_FOUND
        head = HEAD.format(title=escape(self.title), name=self.name, links="")
        return head + block(self, album) + END


def _together(one, other):
    """Say whether two messages are of one album."""
    visual = [("photo" in m or m.get("media_type") == "video_file") for m in (one, other)]
    near = abs(int(one.get("date_unixtime", 0)) - int(other.get("date_unixtime", 9999))) <= 1
    return all(visual) and near and other["id"] == one["id"] + 1
