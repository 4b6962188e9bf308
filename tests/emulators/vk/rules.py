"""What VK does and its schema does not say, each with its source and how sure it is.

[doc] a page of dev.vk.com · [seen] a bug report that quotes the real answer · [3p] a third party · [unverified]:
assumed, and on the harsh side, so that an adapter that stands this stands the milder truth.
"""

from __future__ import annotations

BESIDE_PARAMETERS = {
    # [doc] dev.vk.com/method/wall.get; the published schema has only `domain`.
    "wall.get": {"owner_id": int},
    # [3p] in wide use; [doc] dev.vk.com/method/wall.post names the carousel mode.
    "wall.post": {"primary_attachments_mode": str},
    "wall.edit": {"primary_attachments_mode": str},
}
BESIDE_FIELDS = {
    # [doc] dev.vk.com/reference/objects/post: a post that was on a timer names the id it had there.
    "post": {"postponed_id": int},
    # [doc] dev.vk.com/api/captcha-error and dev.vk.com/reference/errors (17).
    "error": {"captcha_sid": str, "captcha_img": str, "redirect_uri": str},
}

SETTINGS = {
    # [3p, several] A guid is remembered for an hour; the same guid answers with the first post's id.
    "guid_life": 3600.0,
    # [doc] dev.vk.com/api/api-requests: 3 a second with a user's token; a community's 20. None: no limit.
    "user_rate": 3,
    "group_rate": 20,
    # [seen] vknet/vk#597 quotes "you can only add 50 posts a day". The window is [unverified]: 24 hours.
    "daily_posts": 50,
    # [3p, 2025] 250 a day on the timer.
    "daily_postponed": 250,
    # [unverified] The longest text of a post, in UTF-16 units; 15,895 is what several posting services name.
    "longest_message": 15_895,
    # [unverified] For how many seconds a post can be edited; None: always.
    "edit_window": None,
    # [unverified] Whether a photo or document that was saved once can be saved again by the same answer of the upload.
    "save_twice": False,
    # [unverified] How long a video is being processed, in seconds of the emulator's clock.
    "processing": 10.0,
    # 222 for a text with an address.
    "forbid_links": False,
    # 14 for every request without the right captcha_key.
    "captcha": False,
    # [unverified] Numbers of posts that VK counts and does not show.
    "counted_only": [],
    # Owners whose walls this token does not see.
    "closed_walls": [],
    # [schema] Whether wall.getById shows the trace of a deleted post (`is_deleted`); else it is left out [unverified].
    "traces": False,
    # Numbers of posts that are shown with a date that is none: no VK does so, and a source must stand it.
    "garbled": [],
    # A part of files' addresses; those with another have expired.
    "signature": "one",
    # Whether errors repeat the token, as a careless service would.
    "echo_token": False,
}

RIGHTS = {"photos": 4, "video": 16, "wall": 8192, "offline": 65_536, "docs": 131_072, "groups": 262_144}
"""[doc] dev.vk.com/reference/access-rights."""
ALL_RIGHTS = sum(RIGHTS.values())
NEEDS = {
    # [doc] "Access rights required" on each method's page.
    "wall.post": "wall",
    "wall.edit": "wall",
    "wall.delete": "wall",
    "wall.pin": "wall",
    "photos.getWallUploadServer": "photos",
    "photos.saveWallPhoto": "photos",
    "video.save": "video",
    "video.get": "video",
    "docs.getWallUploadServer": "docs",
    "docs.save": "docs",
}
NO_SCOPE = "no access to call this method. It cannot be called with current scopes."
"""[seen] VKCOM/vk-android-sdk#562: error 15, subcode 1133."""
NO_SCOPE_SUBCODE = 1133
NOT_FOR_GROUPS = {
    # The schema's access_token_type has no "group". wall.post is left out: it works for text [3p, 2026]. For photos
    # VKCOM/vk-api-schema#242 quotes 27 although the token has the right [seen].
    *("account.getAppPermissions", "wall.edit", "wall.delete", "wall.pin", "wall.get", "wall.getById"),
    *("photos.getWallUploadServer", "photos.saveWallPhoto", "video.save", "video.get"),
    *("polls.create", "polls.getById"),
}
FOR_SERVICE = {"wall.get", "wall.getById", "users.get", "groups.getById", "utils.resolveScreenName"}
"""[schema] access_token_type has "service"."""
NOT_FOR_VK_ID = {"wall.post", "photos.getWallUploadServer", "video.save"}
"""[3p, 2026] Tokens of VK ID (`vk2.a…`) get 1051."""

MOST_ATTACHMENTS = 10
"""[doc] dev.vk.com/method/wall.post, "Restrictions on published content" (June 2026): 10 media, 1 survey, 1 file."""
MOST_OF = {"poll": 1, "doc": 1, "link": 1}
"""The same page; for links the schema: "If more than one link is being attached, an error will be thrown"."""
LONGEST_ANSWER = 100
"""The same page: a survey's answers."""
MOST_ANSWERS = 10
"""The schema's description of add_answers."""

DAILY = "you can only add 50 posts a day"
"""[seen] vknet/vk#597."""
SCHEDULED = "a post is already scheduled for this time"
"""[3p] quoted in forums."""

LARGEST_PHOTO = 50 << 20
LONGEST_SIDES = 14_000
STEEPEST = 20
PHOTO_FORMATS = {"JPEG", "PNG", "GIF"}
"""[doc] dev.vk.com/api/upload/wall-photo: JPG, PNG, GIF; width + height ≤ 14,000; ≤ 50 MB; ratio at least 1:20."""
LARGEST_DOC = 200 << 20
FORBIDDEN_DOCS = {"exe", "dll", "bat", "cmd", "com", "scr", "msi", "apk", "sh", "jar", "mp3"}
"""[doc] dev.vk.com/api/upload/document: all but mp3 and executables, ≤ 200 MB. Which are executables: [unverified]."""
