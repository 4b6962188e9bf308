"""The methods of photos, videos, documents and polls, and what the upload servers behind them take."""

from __future__ import annotations

import hashlib
import json
import secrets

from tests.emulators.vk import rules, views
from tests.emulators.vk.files import photo_size, video_whole
from tests.emulators.vk.state import Medium, Ticket, Uploaded
from tests.emulators.vk.wrong import Wrong

FIELDS = {"photo": "photo", "video": "video_file", "doc": "file"}
"""[doc] dev.vk.com/api/upload: the names of the files' fields."""


def photo_server(world, token, asked):
    """`photos.getWallUploadServer`."""
    group_id = _group(world, token, asked)
    name = _ticket(world, Ticket("photo", token.id, group_id))
    answer = {"album_id": -14, "upload_url": f"{world.base}/upload/photo?ticket={name}", "user_id": token.id}
    return answer | ({"group_id": group_id} if group_id else {}), "gave an address"


def save_photo(world, token, asked):
    """`photos.saveWallPhoto`: what was uploaded is saved once."""
    found = world.uploads.get(asked["photo"])
    if asked["photo"] == "[]" or found is None:
        raise Wrong(129)
    if found.server != asked.get("server"):
        raise Wrong(118, invalid=True)
    if asked.get("hash") != _hash(found) or found.ticket.group_id != asked.get("group_id", 0):
        raise Wrong(121, invalid=True)
    if found.saved and not world.settings["save_twice"]:
        raise Wrong(121, "saved already")
    owner_id = -found.ticket.group_id or token.id
    found.saved = Medium(
        kind="photo",
        id=world.next_id(owner_id),
        owner_id=owner_id,
        account=token.id,
        sha256=found.sha256,
        size=found.size,
        title=asked.get("caption", ""),
        width=found.width,
        height=found.height,
        uploaded_at=world.now(),
    )
    return [views.photo(world, world.keep(found.saved))], f"saved {found.saved.name}"


def save_video(world, token, asked):
    """`video.save`: the video has its id before its bytes are sent."""
    if "link" in asked:
        raise Wrong(100, "link: videos of other sites are not emulated", invalid=True)
    group_id = _group(world, token, asked)
    owner_id = -group_id or token.id
    made = Medium(
        kind="video",
        id=world.next_id(owner_id),
        owner_id=owner_id,
        account=token.id,
        title=asked.get("name", ""),
        more={"description": asked.get("description", ""), "saved_at": world.now()},
    )
    world.keep(made)
    name = _ticket(world, Ticket("video", token.id, group_id, made))
    answer = {
        "access_key": made.access_key,
        "description": made.more["description"],
        "owner_id": owner_id,
        "title": made.title,
        "upload_url": f"{world.base}/upload/video?ticket={name}",
        "video_id": made.id,
    }
    return answer, f"made {made.name}"


def get_videos(world, token, asked):
    """`video.get`, by names or by owner."""
    owner_id = asked.get("owner_id", token.owner_id)
    all_there = [one for one in world.media.values() if one.kind == "video"]
    if "videos" in asked:
        wanted = {"_".join(name.split("_")[:2]) for name in asked["videos"]}
        found = [one for one in all_there if f"{one.owner_id}_{one.id}" in wanted]
    else:
        found = sorted((one for one in all_there if one.owner_id == owner_id), key=lambda one: -one.id)
    begin = asked.get("offset", 0)
    page = found[begin : begin + asked.get("count", 100)]
    return {"count": len(found), "items": [views.video(world, one) for one in page]}, f"read {len(page)} videos"


def doc_server(world, token, asked):
    """`docs.getWallUploadServer`."""
    name = _ticket(world, Ticket("doc", token.id, _group(world, token, asked)))
    return {"upload_url": f"{world.base}/upload/doc?ticket={name}"}, "gave an address"


def save_doc(world, token, asked):
    """`docs.save`: what was uploaded is saved once."""
    found = world.uploads.get(asked["file"])
    if found is None or (found.saved and not world.settings["save_twice"]):
        raise Wrong(105)
    owner_id = -found.ticket.group_id or token.owner_id
    ext = found.name.rpartition(".")[2].lower() if "." in found.name else ""
    found.saved = Medium(
        kind="doc",
        id=world.next_id(owner_id),
        owner_id=owner_id,
        account=token.id,
        sha256=found.sha256,
        size=found.size,
        title=asked.get("title") or found.name,
        uploaded_at=world.now(),
        more={"ext": ext},
    )
    return {"type": "doc", "doc": views.doc(world, world.keep(found.saved))}, f"saved {found.saved.name}"


def create_poll(world, token, asked):
    """`polls.create`."""
    owner_id = asked.get("owner_id", token.owner_id)
    if owner_id != token.owner_id and not world.administers(token, -owner_id):
        raise Wrong(15)
    if not asked.get("question"):
        raise Wrong(100, "question is undefined", invalid=True)
    made = Medium(
        kind="poll",
        id=world.next_id(owner_id),
        owner_id=owner_id,
        account=token.id,
        title=asked["question"],
        more={
            "answers": _answers(asked.get("add_answers", "")),
            "saved_at": world.now(),
            "end_date": asked.get("end_date", 0),
            "multiple": asked.get("is_multiple", False),
            "anonymous": asked.get("is_anonymous", False),
            "disable_unvote": asked.get("disable_unvote", False),
        },
    )
    return views.poll(world, world.keep(made)), f"made {made.name}"


def get_poll(world, token, asked):
    """`polls.getById`."""
    owner_id = asked.get("owner_id", token.owner_id)
    found = world.media.get(("poll", owner_id, asked["poll_id"]))
    if found is None:
        raise Wrong(15)
    return views.poll(world, found), f"read {found.name}"


def take(world, kind, ticket, files):
    """Take an upload; returns what its server says and what was done. Nothing here is an API error."""
    given = world.tickets.get(ticket)
    if given is None or given.kind != kind:
        return {"error": "unknown ticket"}, "refused: unknown ticket", True
    if list(files) != [FIELDS[kind]]:
        return {"error": "no file"}, f"refused: fields {sorted(files)}", True
    name, data = files[FIELDS[kind]]
    return TAKES[kind](world, given, name, data)


def _take_photo(world, given, name, data):
    """Take a photo; one that is none is an empty list [doc]."""
    size = photo_size(data)
    server = 900_000 + len(world.uploads)
    if size is None:
        return {"server": server, "photo": "[]", "hash": "0" * 18}, "refused: no photo within the limits", True
    photo = json.dumps([{"photo": secrets.token_hex(5), "sizes": [["x", *size]], "kid": "x"}])
    made = Uploaded(given, hashlib.sha256(data).hexdigest(), len(data), name, *size, server=server, photo=photo)
    world.uploads[photo] = made
    return {"server": server, "photo": photo, "hash": _hash(made)}, f"took a photo {made.sha256}", False


def _take_video(world, given, name, data):
    """Take a video's bytes; sent again before it is used, they are taken again [unverified]."""
    video = given.video
    if not video_whole(data):
        return {"error": "invalid file"}, "refused: no whole video", True
    again = " again" if video.uploaded_at else ""
    video.sha256, video.size, video.uploaded_at = hashlib.sha256(data).hexdigest(), len(data), world.now()
    answer = {"owner_id": video.owner_id, "video_id": video.id, "size": len(data), "video_hash": video.access_key}
    return answer, f"took {video.name}{again}", False


def _take_doc(world, given, name, data):
    """Take a document."""
    ext = name.rpartition(".")[2].lower()
    if not data or len(data) > rules.LARGEST_DOC or ext in rules.FORBIDDEN_DOCS or data[:2] == b"MZ":
        # The words are [unverified].
        return {"error": "file_type_forbidden", "error_descr": "this file cannot be uploaded"}, "refused: file", True
    made = Uploaded(given, hashlib.sha256(data).hexdigest(), len(data), name)
    file = f"{given.account}|0|0|{secrets.token_hex(8)}|{ext}|{len(data)}|{name}|{made.sha256[:16]}"
    world.uploads[file] = made
    return {"file": file}, f"took a document {made.sha256}", False


def _answers(text):
    """Read a poll's answers."""
    try:
        answers = json.loads(text)
    except ValueError:
        answers = None
    if not isinstance(answers, list) or not all(isinstance(one, str) and one for one in answers):
        raise Wrong(100, "add_answers should be a list of texts", invalid=True)
    if not 1 <= len(answers) <= rules.MOST_ANSWERS or max(map(len, answers)) > rules.LONGEST_ANSWER:
        raise Wrong(100, "add_answers: 1 to 10 of at most 100 characters", invalid=True)
    return answers


def _group(world, token, asked):
    """Return the community that is asked for, 0 for none."""
    group_id = asked.get("group_id", 0)
    if group_id and not world.administers(token, group_id):
        raise Wrong(203)
    return group_id or (token.id if token.kind == "group" else 0)


def _ticket(world, ticket):
    """Give out an upload address."""
    name = secrets.token_hex(12)
    world.tickets[name] = ticket
    return name


def _hash(uploaded):
    """Return the hash that goes with an upload."""
    return hashlib.sha256(uploaded.photo.encode()).hexdigest()[:32]


TAKES = {"photo": _take_photo, "video": _take_video, "doc": _take_doc}
METHODS = {
    "photos.getWallUploadServer": photo_server,
    "photos.saveWallPhoto": save_photo,
    "video.save": save_video,
    "video.get": get_videos,
    "docs.getWallUploadServer": doc_server,
    "docs.save": save_doc,
    "polls.create": create_poll,
    "polls.getById": get_poll,
}
