"""What VK's published schema says, as vkbottle-types carries it: requests and answers are held against it.

The package has each method's parameters with their types, and the objects of the answers. The schema's bounds, choices
and lengths did not make it into the package; they are copied below from github.com/VKCOM/vk-api-schema, version 5.199.
"""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from datetime import datetime
from enum import Enum
from functools import cache

from pydantic import TypeAdapter, ValidationError
from vkbottle_types import methods, objects, responses

from tests.emulators.vk.rules import BESIDE_FIELDS, BESIDE_PARAMETERS
from tests.emulators.vk.wrong import Wrong

GLOBAL = {"v", "access_token", "lang", "test_mode", "captcha_sid", "captcha_key"}
"""Parameters of every method: dev.vk.com/reference/api-requests."""

METHODS = {
    "users.get": (methods.UsersCategory.get, list[objects.UsersUserFull]),
    "groups.getById": (methods.GroupsCategory.get_by_id, responses.groups.GroupsGetByIdObjectResponseModel),
    "groups.getTokenPermissions": (
        methods.GroupsCategory.get_token_permissions,
        responses.groups.GroupsGetTokenPermissionsResponseModel,
    ),
    "account.getAppPermissions": (methods.AccountCategory.get_app_permissions, int),
    "wall.post": (methods.WallCategory.post, responses.wall.WallPostResponseModel),
    "wall.edit": (methods.WallCategory.edit, responses.wall.WallEditResponseModel),
    "wall.delete": (methods.WallCategory.delete, typing.Literal[1]),
    "wall.pin": (methods.WallCategory.pin, typing.Literal[1]),
    "wall.get": (methods.WallCategory.get, responses.wall.WallGetResponseModel),
    "wall.getById": (methods.WallCategory.get_by_id, responses.wall.WallGetByIdResponseModel),
    "photos.getWallUploadServer": (methods.PhotosCategory.get_wall_upload_server, objects.PhotosPhotoUpload),
    "photos.saveWallPhoto": (methods.PhotosCategory.save_wall_photo, list[objects.PhotosPhoto]),
    "video.save": (methods.VideoCategory.save, objects.VideoSaveResult),
    "video.get": (methods.VideoCategory.get, responses.video.VideoGetResponseModel),
    "docs.getWallUploadServer": (methods.DocsCategory.get_wall_upload_server, objects.BaseUploadServer),
    "docs.save": (methods.DocsCategory.save, responses.docs.DocsSaveResponseModel),
    "polls.create": (methods.PollsCategory.create, objects.PollsPoll),
    "polls.getById": (methods.PollsCategory.get_by_id, objects.PollsPollExtended),
    "utils.resolveScreenName": (methods.UtilsCategory.resolve_screen_name, objects.UtilsDomainResolved),
    "utils.getServerTime": (methods.UtilsCategory.get_server_time, int),
}
EXTENDED = {
    "wall.get": responses.wall.WallGetExtendedResponseModel,
    "wall.getById": responses.wall.WallGetByIdExtendedResponseModel,
}
"""What these answer with `extended`."""
POSITIVE = (0, None)
BOUNDS = {
    "account.getAppPermissions": {"user_id": (1, None)},
    "wall.post": {
        "publish_date": POSITIVE,
        "place_id": POSITIVE,
        "post_id": POSITIVE,
        # These two stand in the schema's descriptions only.
        "lat": (-90, 90),
        "long": (-180, 180),
    },
    "wall.edit": {
        "post_id": POSITIVE,
        "publish_date": POSITIVE,
        "place_id": POSITIVE,
        "poster_bkg_id": POSITIVE,
        "lat": (-90, 90),
        "long": (-180, 180),
    },
    "wall.delete": {"post_id": POSITIVE},
    "wall.pin": {"post_id": POSITIVE},
    # "maximum 100" stands in the description.
    "wall.get": {"offset": POSITIVE, "count": (0, 100)},
    "photos.saveWallPhoto": {
        "user_id": POSITIVE,
        "group_id": POSITIVE,
        "latitude": (-90, 90),
        "longitude": (-180, 180),
    },
    "video.save": {"group_id": (1, None), "album_id": POSITIVE},
    "video.get": {"count": (0, 200), "offset": POSITIVE},
    "docs.getWallUploadServer": {"group_id": POSITIVE},
    "polls.create": {"end_date": (1_550_700_000, None), "photo_id": POSITIVE},
    "polls.getById": {"poll_id": POSITIVE, "friends_count": (0, 100)},
}
CHOICES = {
    "wall.get": {"filter": {str(one) for one in objects.WallGetFilter}},
    "wall.post": {"primary_attachments_mode": {"grid", "carousel"}},
    "wall.edit": {
        "primary_attachments_mode": {"grid", "carousel"},
        "topic_id": {"0", "1", "7", "12", "16", "19", "21", "23", "25", "26", "32", "43"},
    },
    "video.get": {"sort_album": {"0", "1"}},
    "polls.create": {"background_id": {"1", "2", "3", "4", "6", "8", "9"}},
}
LENGTHS = {"photos.saveWallPhoto": {"caption": 2048}}
MOST = {
    "users.get": {"user_ids": 1000},
    # [doc] dev.vk.com/method/wall.getById: at most 100.
    "wall.getById": {"posts": 100},
}
ITEMS = {"wall.get": objects.WallWallpostFull, "wall.getById": objects.WallWallpostFull}
"""The package's own class of a wall's items has lost the post's fields; the post itself has them."""


class AnswerOutOfSchema(AssertionError):
    """The emulator was about to say what VK's schema does not allow: a fault of the emulator."""


def checked(method, parameters):
    """Return a request's parameters as Python values; raises Wrong as VK does, and for what VK would ignore."""
    wanted = {
        name.lstrip("_"): one
        for name, one in inspect.signature(METHODS[method][0]).parameters.items()
        if name not in {"self", "kwargs"}
    }
    known = wanted.keys() | BESIDE_PARAMETERS.get(method, {}).keys() | GLOBAL
    if unknown := sorted(parameters.keys() - known):
        # The real service ignores them [unverified]; here they are a mistake of whoever sent them.
        raise Wrong(100, f"unknown parameter {unknown[0]}", invalid=True)
    for name, one in wanted.items():
        if one.default is inspect.Parameter.empty and not parameters.get(name):
            raise Wrong(100, f"{name} is undefined", invalid=True)
    values = {}
    for name, text in parameters.items():
        if name in GLOBAL:
            continue
        kind = wanted[name].annotation if name in wanted else BESIDE_PARAMETERS[method][name]
        values[name] = _value(method, name, kind, text)
    return values


def _value(method, name, kind, text):
    """Read one parameter's text as what the schema calls it."""
    value = _read(kind, text)
    if value is None:
        raise Wrong(100, f"{name} is invalid", invalid=True)
    least, most = BOUNDS.get(method, {}).get(name, (None, None))
    if (least is not None and value < least) or (most is not None and value > most):
        raise Wrong(100, f"{name} should be from {least} to {most}", invalid=True)
    choices = CHOICES.get(method, {}).get(name)
    if choices is not None and text not in choices:
        raise Wrong(100, f"{name} should be one of {', '.join(sorted(choices))}", invalid=True)
    if len(text) > LENGTHS.get(method, {}).get(name, len(text)):
        raise Wrong(100, f"{name} is too long", invalid=True)
    if isinstance(value, list) and len(value) > MOST.get(method, {}).get(name, len(value)):
        raise Wrong(100, f"{name} has too many items", invalid=True)
    return value


def _read(kind, text):
    """Return a text as a kind of value, or None for a text that is none."""
    if isinstance(kind, types.UnionType):
        kinds = [one for one in typing.get_args(kind) if one is not type(None)]
        found = [value for one in kinds if (value := _read(one, text)) is not None]
        return found[0] if found else None
    if typing.get_origin(kind) is list:
        (inner,) = typing.get_args(kind)
        values = [_read(inner, one) for one in text.split(",")] if text else []
        return None if None in values else values
    if kind is bool:
        return {"0": False, "1": True}.get(text)
    if kind is int:
        return int(text) if re.fullmatch(r"-?\d{1,19}", text) else None
    if kind is float:
        return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None
    if isinstance(kind, type) and issubclass(kind, Enum):
        return text if text in {str(one.value) for one in kind} else None
    return text


def hold(method, answer):
    """Return an answer as it may leave; raises AnswerOutOfSchema where a field is missing, wrong or unknown."""
    bare = answer
    if method in ITEMS:
        for item in answer["items"]:
            _hold(ITEMS[method], _without(BESIDE_FIELDS["post"], item))
        bare = answer | {"items": []}
    _hold(EXTENDED[method] if method in EXTENDED and "profiles" in answer else METHODS[method][1], bare)
    return answer


def hold_error(error):
    """Return an error as it may leave."""
    known = {"error_code", "error_subcode", "error_msg", "error_text", "request_params"}
    _hold(objects.BaseError, {"inner_type": "base_error"} | {key: error[key] for key in error.keys() & known})
    if extra := error.keys() - known - BESIDE_FIELDS["error"].keys():
        raise AnswerOutOfSchema(f"an error has {extra}")
    return error


def warm():
    """Build what answers are held against before the first one is waited for."""
    for kind in (objects.BaseError, *ITEMS.values(), *EXTENDED.values(), *(answer for _, answer in METHODS.values())):
        _adapter(kind).rebuild()


@cache
def _adapter(kind):
    """Return what reads a type."""
    return TypeAdapter(kind)


def _hold(kind, value):
    """Hold a value against a type: what the type makes of it must be the value itself."""
    try:
        read = _adapter(kind).validate_python(value)
    except ValidationError as error:
        raise AnswerOutOfSchema(str(error)) from error
    again = _plain(_adapter(kind).dump_python(read, exclude_unset=True, by_alias=True))
    if again != value:
        raise AnswerOutOfSchema(f"{json.dumps(value)} is read as {json.dumps(again)}")


def _plain(value):
    """Return a dumped value as it travels: times in seconds, choices as their words."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value.value if isinstance(value, Enum) else value


def _without(names, item):
    """Return an object without fields that VK has and its schema has not."""
    return {key: one for key, one in item.items() if key not in names}
