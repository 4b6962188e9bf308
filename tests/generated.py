"""A small seeded generator of Telegram Desktop exports: posts of every kind, with true media, hostile texts and albums.

The format follows tdesktop's export_output_json.cpp. The same seed makes the same export.
"""

from __future__ import annotations

import io
import json
import random
import shutil
from pathlib import Path

from PIL import Image, ImageDraw

from tests.exports import SAMPLE

WORDS = (
    *("ветер", "лодка", "чайник", "озеро", "пристань", "парус", "волна", "туман", "причал", "якорь", "утро", "вечер"),
    *("кружка", "мёд", "лимон", "карта", "маяк", "весло", "harbour", "kettle", "breeze", "lantern", "jetty", "compass"),
)
BEGIN = 1_735_700_000
PLACEHOLDER = "(File not included. Change data exporting settings to download.)"
HOSTILE = (
    "<script>alert(1)</script> & <b>bold</b> &lt;tag&gt;",
    "[id1|Pavel] [club1|x] *id1 (Pavel) @id1 @durov #tag@club",
    "\u202eabc שלום\u2066 \u200bhidden\u200b \ufeff",
    "👩‍👩‍👧‍👦🇷🇺🏴‍☠️ 𝔘𝔫𝔦 Z̵a̴l̶g̷o̸",
    "a\tb  c\n\n\n\nd \\ \" ' %s %00 $x",
    "https://example.org/a,b?c=[d|e]&f=%2C#g_(h)",
    "t.me/name vk.com/id1 mail@example.org +7 900 000-00-00 /start $USD",
    "http://[::1]:80/ javascript:alert(1) ../../etc/passwd C:\\nul",
)


def generated(folder: Path, number: int, seed: int = 1) -> Path:
    """Write an export of so many posts into a folder, its media beside it; every kind comes up in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    made = _Export(folder, random.Random(seed))
    for n in range(number):
        kind = KINDS[n % len(KINDS)]
        getattr(made, kind)()
    chat = {"name": "Generated", "type": "public_channel", "id": 4242, "messages": made.messages}
    (folder / "result.json").write_text(json.dumps(chat, indent=1, ensure_ascii=False), encoding="utf-8")
    return folder


class _Export:
    """The messages made so far; each kind is a method."""

    def __init__(self, folder, chance):
        self.folder = folder
        self.chance = chance
        self.messages = []
        self.files = 0

    def _add(self, parts=(), seconds=None, **fields):
        """Add a message; two are minutes apart unless told."""
        number = len(self.messages) + 1
        at = int(self.messages[-1]["date_unixtime"]) if self.messages else BEGIN
        at += self.chance.randrange(120, 4000) if seconds is None else seconds
        entities = [part if isinstance(part, dict) else {"type": "plain", "text": part} for part in parts]
        plain = [one["text"] if one["type"] == "plain" else one for one in entities]
        message = {
            "id": number,
            "type": "message",
            "date": "2025-01-01T00:00:00",
            "date_unixtime": str(at),
            "from": "Generated",
            "from_id": "channel4242",
            **fields,
            "text": plain[0] if len(plain) == 1 and isinstance(plain[0], str) else plain or "",
            "text_entities": entities,
        }
        self.messages.append(message)

    def _words(self, most=12):
        """Return a sentence."""
        text = " ".join(self.chance.choices(WORDS, k=self.chance.randint(2, most)))
        return text.capitalize() + self.chance.choice(".!?…")

    def _file(self, name, data):
        """Write a file and return its path in the export."""
        self.files += 1
        path = self.folder / "files" / f"{self.files}_{name}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return f"files/{path.name}", len(data)

    def _photo(self, width=320, height=200, kind="JPEG", **more):
        """Return the fields of a photo."""
        image = Image.new("RGB", (width, height), tuple(self.chance.randrange(256) for _ in range(3)))
        ImageDraw.Draw(image).ellipse((5, 5, width // 2, height // 2), fill=(self.files % 256, 99, 9))
        data = io.BytesIO()
        image.save(data, kind)
        path, size = self._file(f"photo.{kind.lower()}", data.getvalue())
        return {"photo": path, "photo_file_size": size, "width": width, "height": height, **more}

    def _document(self, name, data, mime, **more):
        """Return the fields of a document."""
        path, size = self._file(name, data)
        return {"file": path, "file_name": name, "file_size": size, "mime_type": mime, **more}

    def _video(self, media_type="video_file", **more):
        """Return the fields of a video, each with bytes of its own."""
        data = (SAMPLE / "video_files" / "waves.mp4").read_bytes()
        # A "free" box behind the others changes nothing that is seen.
        data += (12).to_bytes(4, "big") + b"free" + self.files.to_bytes(4, "big")
        fields = {"media_type": media_type, "duration_seconds": 2, "width": 320, "height": 200}
        return self._document("waves.mp4", data, "video/mp4", **fields, **more)

    def plain(self):
        """Add a text."""
        self._add([self._words(40)])

    def marked(self):
        """Add a text with every markup, side by side."""
        kinds = ("bold", "italic", "underline", "strikethrough", "spoiler", "code", "blockquote")
        parts = [self._words()]
        for kind in kinds:
            parts += [" ", {"type": kind, "text": self._words(3)}]
        self._add([*parts, " ", {"type": "pre", "text": "if x:\n    y()", "language": "python"}])

    def links(self):
        """Add links of every kind."""
        self._add(
            [
                {"type": "text_link", "text": self._words(2), "href": "https://example.org/чай?a=1&b=[2]"},
                " ",
                {"type": "text_link", "text": "Павел", "href": "https://vk.com/id1"},
                " ",
                {"type": "link", "text": f"https://example.com/{len(self.messages)}"},
                " ",
                {"type": "mention", "text": "@someone"},
                " ",
                {"type": "mention_name", "text": "Ada", "user_id": 77},
                " ",
                {"type": "hashtag", "text": "#чай"},
                " ",
                {"type": "email", "text": "a@example.org"},
                " ",
                {"type": "phone", "text": "+79000000000"},
            ]
        )

    def hostile(self):
        """Add a text that nobody should interpret."""
        self._add([self.chance.choice(HOSTILE) + " " + self._words(3)])

    def nested(self):
        """Add a link in bold in a quotation, with an emoji of somebody's own."""
        self._add(
            [
                {"type": "bold", "text": "🙂 "},
                {"type": "custom_emoji", "text": "🔥", "document_id": PLACEHOLDER},
                {"type": "text_link", "text": "🙂🙂", "href": "https://example.org/"},
            ]
        )

    def long(self):
        """Add a text longer than any place takes."""
        self._add(["\n\n".join(self._words(60) for _ in range(160))])

    def photo(self):
        """Add a photo with a caption."""
        self._add([self._words()], **self._photo())

    def bare_photo(self):
        """Add a photo that says nothing."""
        self._add(**self._photo(media_spoiler=True))

    def odd_photos(self):
        """Add a photo too narrow for some places, and one of another format as a document."""
        self._add(**self._photo(30, 900))
        data = io.BytesIO()
        Image.new("RGBA", (64, 64), (1, 2, 3, self.files % 256)).save(data, "WEBP")
        self._add(**self._document("picture.webp", data.getvalue(), "image/webp"))

    def album(self):
        """Add an album, now and then of a video too."""
        size = self.chance.choice((2, 3, 9, 10))
        self._add([self._words()], **self._photo())
        for n in range(size - 1):
            self._add(seconds=0, **(self._video() if n == 1 else self._photo()))

    def video(self):
        """Add a video."""
        self._add([self._words()], **self._video())

    def animation(self):
        """Add an animation."""
        self._add(**self._video("animation"))

    def round_video(self):
        """Add a video note."""
        self._add(**self._video("video_message"))

    def voice(self):
        """Add a voice message."""
        data = (SAMPLE / "voice_messages").glob("*.ogg")
        self._add(
            **self._document(
                "audio.ogg", next(data).read_bytes(), "audio/ogg", media_type="voice_message", duration_seconds=2
            )
        )

    def music(self):
        """Add an audio file, which some places refuse."""
        tags = {"performer": "Хор причала", "title": self._words(2), "media_type": "audio_file", "duration_seconds": 9}
        data = b"ID3\x04" + bytes(self.chance.randrange(256) for _ in range(600))
        self._add([self._words(3)], **self._document("song.mp3", data, "audio/mpeg", **tags))

    def document(self):
        """Add a document."""
        self._add([self._words()], **self._document("Список дел.txt", self._words(30).encode(), "text/plain"))

    def program(self):
        """Add a document that some places refuse."""
        self._add(**self._document("setup.exe", b"MZ" + bytes(200), "application/x-msdownload"))

    def empty_name(self):
        """Add a document whose name is a trap."""
        self._add(**self._document('..\\a"b\r\n.pdf', b"%PDF-1.4\n%%EOF\n", "application/pdf"))

    def sticker(self):
        """Add a sticker."""
        target = self.folder / "stickers" / "sticker.webp"
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(SAMPLE / "stickers" / "sticker.webp", target)
        fields = {"media_type": "sticker", "sticker_emoji": "⛵", "width": 128, "height": 80, "file_size": 400}
        self._add(file="stickers/sticker.webp", file_name="sticker.webp", **fields)

    def missing(self):
        """Add a photo and a video that the export left out."""
        self._add([self._words()], photo=PLACEHOLDER, photo_file_size=0, width=10, height=10)
        self._add(file=PLACEHOLDER, file_name="big.mp4", media_type="video_file", mime_type="video/mp4")

    def poll(self):
        """Add a poll."""
        answers = [{"text": f"{self._words(2)} {n}", "voters": n, "chosen": False} for n in range(2, 6)]
        self._add(poll={"question": self._words(), "closed": False, "total_voters": 14, "answers": answers})

    def large_poll(self):
        """Add a poll of more answers, and of longer ones, than some places take."""
        answers = [{"text": f"{'ж' * 120} {n}", "voters": 0, "chosen": False} for n in range(12)]
        self._add(poll={"question": self._words(), "closed": True, "total_voters": 0, "answers": answers})

    def place(self):
        """Add a place on the map, with its name and without."""
        point = {"location_information": {"latitude": 61.787374, "longitude": 34.354325}}
        self._add(place_name="Пристань", address="Озеро", **point)
        self._add(**point)

    def forwarded(self):
        """Add what somebody else has written."""
        self._add([self._words()], forwarded_from="Озёрный вестник", forwarded_from_id="channel1000000002")

    def reply(self):
        """Add an answer to what was said before, with somebody's signature."""
        self._add([self._words()], reply_to_message_id=len(self.messages), author="Капитан")

    def buttons(self):
        """Add buttons and reactions."""
        rows = [[{"type": "url", "text": "Карта", "data": "https://example.org/map"}]]
        reactions = [{"type": "emoji", "count": 3, "emoji": "🔥"}]
        self._add([self._words()], inline_bot_buttons=rows, via_bot="@tea_bot", reactions=reactions)

    def extras(self):
        """Add a game, a contact, a list of things to do."""
        self._add(game_title="Морской бой", game_description="Для двоих", game_link="https://t.me/gamebot?game=b")
        self._add(contact_information={"first_name": "Ada", "last_name": "", "phone_number": "+79000000001"})
        items = [{"text": "Покрасить", "id": 1}]
        self._add(["Дела"], todo_list={"title": "К сезону", "answers": items, "others_can_append": False})


KINDS = [name for name in vars(_Export) if not name.startswith("_")]
