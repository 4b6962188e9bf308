"""Videos, playlists and the channel as the API shows them."""

from datetime import timedelta

from discovery import check_parts, parts
from rules import LARGEST_THUMBNAIL, Refused, check_snippet, check_status

GONE = {"rejected", "failed", "deleted"}
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def iso(moment):
    """Write a time as the API does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def etag(world):
    """Return an etag."""
    return f'"{world.draw(8)}"'


def make(world, session):
    """Make the video whose last byte has come, and return its id."""
    sha256, body = session["digest"].hexdigest(), session["body"]
    video_id, now = world.draw(11), world.now()
    same = any(one["sha256"] == sha256 and _state(world, one)[0] not in GONE for one in world.videos.values())
    verdict = "rejected:duplicate" if same and world.settings["reject_duplicates"] else world.settings["verdict"]
    world.videos[video_id] = {
        "sha256": sha256,
        "snippet": {"publishedAt": iso(now), "channelId": world.settings["channel"], **body.get("snippet", {})},
        "status": {"privacyStatus": "public", "license": "youtube", "embeddable": True, **body.get("status", {})},
        "verdict": verdict,
        "processed_at": now + timedelta(seconds=world.settings["process_after"]),
        "thumbnail": "",
    }
    world.uploads.insert(0, video_id)
    world.note(effect="insert", id=video_id, title=body["snippet"]["title"], sha256=sha256, size=session["total"])
    return video_id


def _state(world, video):
    kind, _, reason = video["verdict"].partition(":")
    if world.now() < video["processed_at"]:
        return "uploaded", ""
    return kind, reason


def resource(world, video_id, named):
    """Return a video with the parts that were asked for."""
    video = world.videos[video_id]
    kind, reason = _state(world, video)
    status = dict(video["status"], uploadStatus=kind)
    if kind == "rejected":
        status["rejectionReason"] = reason
    if kind == "failed":
        status["failureReason"] = reason
    status["madeForKids"] = status.get("selfDeclaredMadeForKids", False)
    details = {"processingStatus": {"uploaded": "processing", "processed": "succeeded"}.get(kind, "terminated")}
    known = {"snippet": video["snippet"], "status": status, "processingDetails": details}
    made = {"kind": "youtube#video", "etag": etag(world), "id": video_id}
    return made | {name: known.get(name, {}) for name in named if name not in made}


def check_new(query, body):
    """Raise what a new video's metadata is refused for."""
    check_parts("Video", parts(query), body)
    check_snippet(body.get("snippet", {}))
    check_status(body.get("status", {}))


def list_videos(world, query):
    """videos.list, by ids."""
    check_parts("Video", parts(query))
    ids = [one for value in query.get("id", []) for one in value.split(",")]
    if not ids:
        raise Refused(400, "missingRequiredParameter", "No filter selected.")
    if len(ids) > 50:
        raise Refused(400, "invalidFilters", "too many ids")
    found = [resource(world, one, parts(query)) for one in ids if one in world.videos]
    return {"kind": "youtube#videoListResponse", "etag": etag(world), "items": found, "pageInfo": _page(len(found))}


def update(world, query, body):
    """videos.update: every mutable property of a named part is replaced, or lost where the body lacks it."""
    check_parts("Video", parts(query), body)
    video = world.videos.get(body.get("id"))
    if video is None:
        raise Refused(404, "videoNotFound", "The video that you are trying to update cannot be found.")
    if "snippet" in parts(query):
        check_snippet(body.get("snippet", {}))
        kept = {name: video["snippet"][name] for name in ("publishedAt", "channelId")}
        video["snippet"] = kept | body["snippet"]
    if "status" in parts(query):
        check_status(body.get("status", {}))
        video["status"] = {"privacyStatus": "public"} | body["status"]
    world.note(effect="update", id=body["id"])
    return resource(world, body["id"], parts(query))


def delete(world, query):
    """videos.delete."""
    (video_id,) = query["id"]
    if video_id not in world.videos:
        raise Refused(404, "videoNotFound", "The video that you are trying to delete cannot be found.")
    del world.videos[video_id]
    world.uploads.remove(video_id)
    for items in world.lists.values():
        items[:] = [one for one in items if one["video"] != video_id]
    world.note(effect="delete", id=video_id)


def channels(world, query):
    """channels.list: the one that the token belongs to."""
    check_parts("Channel", parts(query))
    if query.get("mine") != ["true"]:
        raise Refused(400, "missingRequiredParameter", "No filter selected.")
    channel = world.settings["channel"]
    known = {
        "contentDetails": {"relatedPlaylists": {"uploads": f"UU{channel[2:]}", "likes": "LL"}},
        "snippet": {"title": "An emulated channel"},
    }
    item = {"kind": "youtube#channel", "etag": etag(world), "id": channel}
    item |= {name: known[name] for name in parts(query) if name in known}
    items = [item] if channel else []
    return {"kind": "youtube#channelListResponse", "etag": etag(world), "items": items, "pageInfo": _page(len(items))}


def list_items(world, query):
    """playlistItems.list, newest first in the playlist of uploads, as they were added in others."""
    check_parts("PlaylistItem", parts(query))
    (playlist,) = query.get("playlistId", [""])
    if playlist == f"UU{world.settings['channel'][2:]}":
        everything = [{"id": f"up-{one}", "video": one} for one in world.uploads]
    elif playlist in world.lists:
        everything = world.lists[playlist]
    else:
        raise Refused(404, "playlistNotFound", "The playlist identified with the request's playlistId cannot be found.")
    if "videoId" in query:
        everything = [one for one in everything if one["video"] in query["videoId"]]
    size = int(query.get("maxResults", ["5"])[0])
    start = int(query.get("pageToken", ["0"])[0])
    shown = [_item(world, playlist, one, parts(query)) for one in everything[start : start + size]]
    said = {"kind": "youtube#playlistItemListResponse", "items": shown, "pageInfo": _page(len(everything), size)}
    if start + size < len(everything):
        said["nextPageToken"] = str(start + size)
    return said | {"etag": etag(world)}


def _item(world, playlist, one, named):
    snippet = world.videos[one["video"]]["snippet"] if one["video"] in world.videos else {}
    known = {
        "snippet": {
            "publishedAt": snippet.get("publishedAt", iso(world.now())),
            "title": snippet.get("title", "Deleted video"),
            "description": snippet.get("description", ""),
            "playlistId": playlist,
            "resourceId": {"kind": "youtube#video", "videoId": one["video"]},
        },
        "contentDetails": {"videoId": one["video"]},
    }
    made = {"kind": "youtube#playlistItem", "id": one["id"], "etag": etag(world)}
    return made | {name: known.get(name, {}) for name in named if name not in made}


def add_item(world, query, body):
    """playlistItems.insert: the same video may be in a playlist twice."""
    check_parts("PlaylistItem", parts(query), body)
    snippet = body.get("snippet", {})
    playlist, video_id = snippet.get("playlistId"), snippet.get("resourceId", {}).get("videoId")
    if snippet.get("resourceId", {}).get("kind") != "youtube#video":
        raise Refused(400, "invalidResourceType", "The type specified for the resource ID is not supported.")
    if playlist not in world.lists:
        raise Refused(404, "playlistNotFound", "The playlist identified with the request's playlistId cannot be found.")
    if video_id not in world.videos:
        raise Refused(404, "videoNotFound", "The video that you are trying to add cannot be found.")
    added = {"id": f"PI{world.draw(20)}", "video": video_id}
    world.lists[playlist].append(added)
    world.note(effect="playlist", id=video_id, playlist=playlist)
    return _item(world, playlist, added, parts(query))


def set_thumbnail(world, query, kind, data):
    """thumbnails.set."""
    (video_id,) = query["videoId"]
    if video_id not in world.videos:
        raise Refused(404, "videoNotFound", "The video that you are trying to set a thumbnail for cannot be found.")
    if kind not in {"image/jpeg", "image/png", "application/octet-stream"}:
        raise Refused(400, "invalidImage", f"not a kind of image: {kind}")
    if not data:
        raise Refused(400, "mediaBodyRequired", "The request does not include the image content.")
    if len(data) > LARGEST_THUMBNAIL or not data.startswith(PICTURES):
        raise Refused(400, "invalidImage", "The provided image content is invalid.")
    world.videos[video_id]["thumbnail"] = f"{len(data)} bytes"
    world.note(effect="thumbnail", id=video_id, size=len(data))
    return {"kind": "youtube#thumbnailSetResponse", "etag": etag(world), "items": [{"default": {"url": "https://x/1"}}]}


def _page(total, size=5):
    return {"totalResults": total, "resultsPerPage": size}
