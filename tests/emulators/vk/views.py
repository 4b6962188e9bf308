"""How VK shows what it holds: objects in the form of its schema."""

from __future__ import annotations

import re


def post(world, one):
    """Return a post as wall.get shows it."""
    shown = {
        "inner_type": "wall_wallpost",
        "type": "post",
        "id": one.id,
        "owner_id": one.owner_id,
        "from_id": one.from_id,
        "created_by": one.created_by,
        "date": one.date,
        "text": one.text,
        "post_type": "postpone" if one.postponed else "post",
        "attachments": [attachment(world, name) for name in one.attachments],
        "can_edit": 1,
        "can_delete": 1,
        "comments": {"count": 0},
        "post_source": {"type": "api"},
    }
    if one.pinned:
        shown["is_pinned"] = 1
    if one.edited:
        shown["edited"] = one.edited
    if one.postponed_id:
        shown["postponed_id"] = one.postponed_id
    if one.geo:
        shown["geo"] = {"type": "point", "coordinates": one.geo}
    return fetchable(world, shown | one.more.get("also", {}))


def fetchable(world, shown):
    """Put the address of this server, and of today, into an object: VK's addresses of files expire."""
    if isinstance(shown, dict):
        return {name: fetchable(world, one) for name, one in shown.items()}
    if isinstance(shown, list):
        return [fetchable(world, one) for one in shown]
    if isinstance(shown, str):
        return re.sub(
            r"^file:(.+)", lambda found: f"{world.base}/file/{found[1]}?sig={world.settings['signature']}", shown
        )
    return shown


def attachment(world, name):
    """Return an attachment of a post."""
    if name.startswith("http"):
        return {"type": "link", "link": {"url": name, "title": name, "caption": name.split("/")[2]}}
    medium = world.attached(name)
    return {"type": medium.kind, medium.kind: VIEWS[medium.kind](world, medium)}


def photo(world, one):
    """Return a photo."""
    return {
        "id": one.id,
        "owner_id": one.owner_id,
        "album_id": -14 if one.owner_id > 0 else -7,
        "user_id": one.account if one.owner_id > 0 else 100,
        "date": int(one.uploaded_at),
        "text": one.title,
        "access_key": one.access_key,
        "has_tags": False,
        "width": one.width,
        "height": one.height,
        "sizes": [{"type": "x", "width": one.width, "height": one.height, "url": f"https://vk.test/{one.name}.jpg"}],
    }


def video(world, one):
    """Return a video; until it is processed it has no length."""
    shown = {
        "id": one.id,
        "owner_id": one.owner_id,
        "title": one.title,
        "description": one.more.get("description", ""),
        "access_key": one.access_key,
        "date": int(one.more["saved_at"]),
        "type": "video",
        "duration": 0,
    }
    if one.uploaded_at and world.now() >= one.uploaded_at + world.settings["processing"]:
        return shown | {"duration": 1, "width": 320, "height": 240}
    return shown | {"processing": 1}


def doc(world, one):
    """Return a document."""
    ext = one.more["ext"]
    return {
        "id": one.id,
        "owner_id": one.owner_id,
        "title": one.title,
        "size": one.size,
        "ext": ext,
        "date": int(one.uploaded_at),
        "type": {"gif": 3, "png": 4, "jpg": 4, "jpeg": 4, "webp": 4, "mp4": 6, "txt": 1, "pdf": 1, "zip": 2}.get(
            ext, 8
        ),
        "url": f"https://vk.test/{one.name}",
        "access_key": one.access_key,
    }


def poll(world, one):
    """Return a poll."""
    return {
        "id": one.id,
        "owner_id": one.owner_id,
        "author_id": one.account,
        "question": one.title,
        "answers": [
            {"id": number, "text": text, "votes": 0, "rate": 0.0} for number, text in enumerate(one.more["answers"], 1)
        ],
        "created": int(one.more["saved_at"]),
        "end_date": one.more["end_date"],
        "closed": False,
        "multiple": one.more["multiple"],
        "anonymous": one.more["anonymous"],
        "is_board": False,
        "can_edit": True,
        "can_vote": True,
        "can_report": False,
        "can_share": True,
        "votes": 0,
        "disable_unvote": one.more["disable_unvote"],
    }


VIEWS = {"photo": photo, "video": video, "doc": doc, "poll": poll}


def file_bytes(name):
    """Return the bytes of a file that a post was put on a wall with."""
    return f"the bytes of {name}".encode() * 20
