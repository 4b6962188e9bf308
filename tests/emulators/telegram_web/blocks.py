"""Messages of an export as t.me shows them: the markup of saved pages of 2022 to 2026, in words of our own."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
    "blockquote": "blockquote",
}
SERVICE = {"create_channel": "Channel created", "edit_group_photo": "Channel photo updated"}
TAIL = '<i class="tgme_widget_message_bubble_tail"><svg class="bubble_icon"><g fill="none"></g></svg></i>'
NOT_SHOWN = (
    '<div class="message_media_not_supported_wrap"><div class="message_media_not_supported">'
    '<div class="message_media_not_supported_label">{label}</div>'
    '<span class="message_media_view_in_telegram">VIEW IN TELEGRAM</span></div></div>'
)
BROWSER = NOT_SHOWN.format(label="This media is not supported in your browser")


def e(text):
    """Escape as t.me does: a line's end is a <br/>."""
    return escape(text).replace("\n", "<br/>")


def emoji(text):
    """Show an emoji."""
    number = text.encode().hex().upper()
    return (
        f'<i class="emoji" style="background-image:url(\'//telegram.org/img/emoji/40/{number}.png\')"><b>{text}</b></i>'
    )


def rich(message):
    """Show a text with its markup."""
    return "".join(part(one) for one in message.get("text_entities", ()))


def part(one):
    """Show one part of a text."""
    kind, text = one["type"], e(one["text"])
    if kind in TAGS:
        opened = "blockquote expandable" if kind == "blockquote" and one.get("collapsed") else TAGS[kind]
        return f"<{opened}>{text}</{TAGS[kind]}>"
    if kind == "pre":
        language = f' class="language-{escape(one["language"])}"' if one.get("language") else ""
        return f"<pre><code{language}>{escape(one['text'])}</code></pre>"
    if kind in {"hashtag", "cashtag"}:
        return f'<a href="?q={quote(one["text"])}">{text}</a>'
    if kind == "custom_emoji":
        return f'<tg-emoji emoji-id="{escape(one["document_id"])}">{emoji(one["text"])}</tg-emoji>'
    address = {
        "text_link": one.get("href", ""),
        "link": one["text"] if "://" in one["text"] else f"http://{one['text']}",
        "mention": f"https://t.me/{one['text'].removeprefix('@')}",
        "mention_name": f"tg://user?id={one.get('user_id', 0)}",
        "email": f"mailto:{one['text']}",
        "phone": f"tel:{one['text']}",
    }.get(kind)
    if address is None:
        return text
    asks = kind == "text_link"
    address = escape(address.replace("&", "&amp;")) if asks else escape(address)
    more = " onclick=\"return confirm('Open this link?\\n\\n'+this.href);\"" if asks else ""
    return f'<a href="{address}" target="_blank" rel="noopener"{more}>{text}</a>'


def clock(seconds):
    """Show a duration."""
    return f"{seconds // 60}:{seconds % 60:02}"


def attached(channel, one, *, grouped):
    """Show what is attached to one message."""
    kind = one.get("media_type", "")
    if "photo" in one:
        return photo(channel, one, grouped=grouped)
    if kind in {"video_file", "animation"}:
        return video(channel, one, grouped=grouped)
    shown = {"video_message": round_video, "voice_message": voice, "sticker": sticker}.get(kind)
    if shown:
        return shown(channel, one)
    return next((show(channel, one) for field, show in ATTACHED.items() if field in one), "")


def photo(channel, one, *, grouped):
    """Show a photo."""
    spoiler = " spoiler" if one.get("media_spoiler") else ""
    if grouped:
        names, layout = "grouped_media_wrap blured js-message_photo", "left:0px;top:0px;width:225px;height:150px;"
    else:
        names, layout = f"blured 51727{one['id']} 1204385278_456240394", "width:450px;"
    return (
        f'<a class="tgme_widget_message_photo_wrap {names}{spoiler}" href="{channel.link(one, single=grouped)}" '
        f"style=\"{layout}background-image:url('{channel.media(one, one['photo'])}')\">"
        '<div class="tgme_widget_message_photo" style="width:75%;padding-top:133.3%"></div></a>'
    )


def video(channel, one, *, grouped):
    """Show a video, a silent one, or one that is too big."""
    there = channel.has(one["file"])
    names = "grouped_media_wrap blured " if grouped else ("" if there else "not_supported ")
    width, height = one.get("width", 0), one.get("height", 0)
    layout = "left:0;right:0;top:-1px;bottom:0px;" if grouped else ""
    layout = layout or (f"width:{width}px;padding-top:{height * 100 / width:.12g}%" if width else "")
    source = f'<video src="{channel.media(one, one["file"])}"' if there else ""
    blured = (
        f'{source} class="tgme_widget_message_video blured js-message_video_blured" muted></video>' if there else ""
    )
    shown = f'{source} class="tgme_widget_message_video js-message_video" width="100%"></video>' if there else ""
    play = one["media_type"] == "video_file"
    time = (
        f'<time class="message_video_duration js-message_video_duration">{clock(one.get("duration_seconds", 0))}</time>'
    )
    return (
        f'<a class="tgme_widget_message_video_player {names}js-message_video_player" '
        f'href="{channel.link(one, single=grouped)}"><i class="tgme_widget_message_video_thumb" '
        f"style=\"background-image:url('{channel.base}/file/thumb.jpg')\"></i>{blured}"
        f'<div class="tgme_widget_message_video_wrap" style="{layout}">{shown}</div>'
        + (f'<div class="message_video_play js-message_video_play"></div>{time}' if play else "")
        + (BROWSER if there else NOT_SHOWN.format(label="Media is too big"))
        + "</a>"
    )


def round_video(channel, one):
    """Show a video note."""
    source = f'src="{channel.media(one, one["file"])}"' if channel.has(one["file"]) else ""
    return (
        '<div class="tgme_widget_message_roundvideo_player js-message_roundvideo_player">'
        '<div class="tgme_widget_message_roundvideo_wrap"><i class="tgme_widget_message_roundvideo_thumb" '
        f"style=\"background-image:url('{channel.base}/file/thumb.jpg')\"></i>"
        f'<video class="tgme_widget_message_roundvideo js-message_roundvideo" {source} preload muted></video></div>'
        f'{BROWSER}<time class="tgme_widget_message_roundvideo_duration">{clock(one.get("duration_seconds", 0))}</time>'
        "</div>"
    )


def voice(channel, one):
    """Show a voice message."""
    return (
        f'<a class="tgme_widget_message_voice_player js-message_voice_player" href="{channel.link(one)}">'
        f'<audio class="tgme_widget_message_voice js-message_voice" src="{channel.media(one, one["file"])}" data-ogg>'
        "</audio>"
        '<div class="tgme_widget_message_voice_wrap"><div class="bar"><s style="height:0%;"></s></div>'
        f'<time class="tgme_widget_message_voice_duration">{clock(one.get("duration_seconds", 0))}</time></div></a>'
    )


def sticker(channel, one):
    """Show a sticker."""
    return (
        '<div class="tgme_widget_message_sticker_wrap media_supported_cont"><i class="tgme_widget_message_sticker '
        'js-sticker_image" style="background-image:url(\'data:image/svg+xml;base64,PHN2Zy8+\')" '
        f'data-webp="{channel.media(one, one["file"])}"></i></div>'
    )


def document(channel, one):
    """Show a document's or a song's name."""
    audio = one.get("media_type") == "audio_file"
    title, extra = (one.get("title"), one.get("performer")) if audio else (one.get("file_name"), "113.9 KB")
    return (
        f'<a class="tgme_widget_message_document_wrap" href="{channel.link(one)}">'
        f'<div class="tgme_widget_message_document_icon accent_bg{" audio" if audio else ""}"></div>'
        '<div class="tgme_widget_message_document">'
        f'<div class="tgme_widget_message_document_title accent_color" dir="auto">{e(title or "")}</div>'
        f'<div class="tgme_widget_message_document_extra" dir="auto">{e(extra or "")}</div></div></a>'
    )


def poll(channel, one):
    """Show a poll."""
    kind = "Final Results" if one["poll"]["closed"] else "Anonymous Poll"
    options = "".join(
        '<div class="tgme_widget_message_poll_option"><div class="tgme_widget_message_poll_option_percent">20%</div>'
        '<div class="tgme_widget_message_poll_option_value"><div class="tgme_widget_message_poll_option_text">'
        f'{e(a["text"])}</div><div class="tgme_widget_message_poll_option_bar accent_bg" style="width:20%"></div>'
        "</div></div>"
        for a in one["poll"]["answers"]
    )
    return (
        f'<div class="tgme_widget_message_poll js-poll"><div class="tgme_widget_message_poll_question">'
        f'{e(one["poll"]["question"])}</div><div class="tgme_widget_message_poll_type">{kind}</div>'
        f'<a class="tgme_widget_message_poll_options" href="{channel.link(one)}">{options}</a></div>'
    )


def place(_, one):
    """Show a point on the map, or a venue, whose address has no numbers."""
    at = one["location_information"]
    turned = f"{at['longitude']},{at['latitude']}"
    name = one.get("place_name")
    address = (
        "https://foursquare.com/v/x"
        if name
        else f"https://maps.google.com/maps?q={at['latitude']},{at['longitude']}&z=16"
    )
    title = f'<div class="tgme_widget_message_location_title" dir="auto">{e(name)}</div>' if name else ""
    title += f'<div class="tgme_widget_message_location_address" dir="auto">{e(one["address"])}</div>' if name else ""
    return (
        f'<a class="tgme_widget_message_location_wrap" href="{escape(address)}">'
        '<div class="tgme_widget_message_location" '
        f"style=\"background-image:url('https://static-maps.yandex.ru/1.x/?l=map&ll={turned}&z=15')\"></div>{title}</a>"
    )


def contact(*_):
    """Show a contact's card."""
    return '<a class="tgme_widget_message_contact_wrap"><div class="tgme_widget_message_contact_name">Ada</div></a>'


def not_shown(*_):
    """Show that there is something."""
    return NOT_SHOWN.format(label="Please open Telegram to view this post")


ATTACHED = {
    "file": document,
    "poll": poll,
    "location_information": place,
    "contact_information": contact,
    "game_title": not_shown,
    "invoice_information": not_shown,
    "todo_list": not_shown,
    "giveaway_information": not_shown,
    "not_shown": not_shown,
}


def block(channel, album):
    """Show a message, or an album of several, in its wrap."""
    one = album[0]
    service = one.get("type") == "service"
    names = "text_not_supported_wrap service_message" if service else "text_not_supported_wrap"
    number = f"{one['id']}g" if len(album) > 1 else one["id"]
    view = {"c": -channel.number, "p": number, "t": channel.clock, "h": f"{channel.clock:x}"}
    token = base64.urlsafe_b64encode(json.dumps(view, separators=(",", ":")).encode()).decode().rstrip("=")
    return (
        '<div class="tgme_widget_message_wrap js-widget_message_wrap">'
        f'<div class="tgme_widget_message {names} js-widget_message" data-post="{channel.name}/{one["id"]}" '
        f'data-view="{token}"><div class="tgme_widget_message_user"><a href="https://t.me/{channel.name}">'
        f'<i class="tgme_widget_message_user_photo" data-content="A"><img src="{channel.base}/file/me.jpg"></i>'
        f'</a></div><div class="tgme_widget_message_bubble">{TAIL}<div class="tgme_widget_message_author accent_color">'
        f'<a class="tgme_widget_message_owner_name" href="https://t.me/{channel.name}"><span dir="auto">'
        f"{e(channel.title)}</span></a></div>{above(channel, one)}{body(channel, album)}{below(one)}"
        f"{footer(channel, album)}</div></div></div>"
    )


def above(channel, one):
    """Show where a message comes from, and what it answers."""
    shown = ""
    if "forwarded_from" in one:
        shown = (
            '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;<a '
            'class="tgme_widget_message_forwarded_from_name" href="https://t.me/other/7">'
            f'<span dir="auto">{e(one["forwarded_from"])}</span></a></div>'
        )
    if "reply_to_message_id" in one:
        shown += (
            f'<a class="tgme_widget_message_reply user-color-default" href="https://t.me/{channel.name}/'
            f'{one["reply_to_message_id"]}"><i class="tgme_widget_message_reply_thumb" '
            f"style=\"background-image:url('{channel.base}/file/quoted.jpg')\"></i>"
            '<div class="tgme_widget_message_author accent_color"><span class="tgme_widget_message_author_name" '
            'dir="auto">Somebody</span></div><div class="tgme_widget_message_text js-message_reply_text" dir="auto">'
            "what was said</div></a>"
        )
    return shown


def body(channel, album):
    """Show what a message says and has."""
    said = next((one for one in album if one.get("text_entities")), album[0])
    text = rich(said)
    if said.get("type") == "service":
        text = SERVICE.get(said["action"], f'{e(channel.title)} pinned «<span dir="auto">{said["id"]}</span>»')
    text = f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>' if text else ""
    media = "".join(attached(channel, one, grouped=len(album) > 1) for one in album)
    if len(album) > 1:
        media = (
            '<div class="tgme_widget_message_grouped_wrap js-message_grouped_wrap" style="width:453px;">'
            '<div class="tgme_widget_message_grouped js-message_grouped">'
            f'<div class="tgme_widget_message_grouped_layer">{media}'
            "</div></div></div>"
        )
        text = text and f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>'
    return media + text


def below(one):
    """Show a link's preview, buttons and reactions."""
    shown = ""
    if any(part["type"] == "link" for part in one.get("text_entities", ())):
        shown = (
            '<a class="tgme_widget_message_link_preview" href="https://example.com/"><i class="link_preview_image" '
            "style=\"background-image:url('https://cdn4.telesco.pe/file/p.jpg');padding-top:53%\"></i>"
            '<div class="link_preview_site_name accent_color" dir="auto">Example</div>'
            '<div class="link_preview_title" dir="auto">A page</div></a>'
        )
    for row in one.get("inline_bot_buttons", ()):
        made = "".join(
            f'<a class="tgme_widget_message_inline_button url_button" href="{escape(b["data"])}">{e(b["text"])}</a>'
            for b in row
        )
        shown += (
            '<div class="tgme_widget_message_inline_keyboard"><div class="tgme_widget_message_inline_row">'
            f"{made}</div></div>"
        )
    if one.get("reactions"):
        made = "".join(f'<span class="tgme_reaction">{emoji(r["emoji"])}{r["count"]}</span>' for r in one["reactions"])
        shown += f'<div class="tgme_widget_message_reactions js-message_reactions">{made}</div>'
    return shown


def footer(channel, album):
    """Show counters, signature, the word "edited" and the date."""
    one = album[0]
    author = (
        f'<span class="tgme_widget_message_from_author" dir="auto">{e(one["author"])}</span>,&nbsp;'
        if one.get("author")
        else ""
    )
    edited = "edited &nbsp;" if any("edited_unixtime" in member for member in album) else ""
    at = datetime.fromtimestamp(int(one.get("date_unixtime", 0)), UTC)
    voters = f'<span class="tgme_widget_message_voters">{one["poll"]["total_voters"]}</span>' if "poll" in one else ""
    return (
        '<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info short">'
        f'{voters}<span class="tgme_widget_message_views">{one.get("views", "1.2K")}</span><span class="copyonly">'
        f' views</span><span class="tgme_widget_message_meta">{author}{edited}<a class="tgme_widget_message_date" '
        f'href="{channel.link(one)}"><time datetime="{at.isoformat()}" class="time">{at:%H:%M}</time></a></span>'
        "</div></div>"
    )
