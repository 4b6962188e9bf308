"""The methods by which one learns who and where one is: users, groups, account, utils."""

from __future__ import annotations

from tests.emulators.vk.rules import RIGHTS
from tests.emulators.vk.wrong import Wrong


def users(world, token, asked):
    """`users.get`: a community's token without ids is nobody."""
    own = [] if token.kind == "group" else [str(token.id)]
    wanted = [str(one) for one in asked.get("user_ids", own)]
    found = [one for one in world.users.values() if str(one["id"]) in wanted or one["screen_name"] in wanted]
    shown = [
        {
            "id": one["id"],
            "first_name": one["first_name"],
            "last_name": one["last_name"],
            "can_access_closed": True,
            "is_closed": False,
        }
        | {name: one[name] for name in asked.get("fields", []) if name in one}
        for one in found
    ]
    return shown, f"read {len(shown)} users"


def groups(world, token, asked):
    """`groups.getById`: a community's token without ids is its own."""
    wanted = [str(one) for one in asked.get("group_ids", [])]
    wanted += [str(asked["group_id"])] if "group_id" in asked else []
    if not wanted and token.kind == "group":
        wanted = [str(token.id)]
    found = [one for one in world.groups.values() if str(one["id"]) in wanted or one["screen_name"] in wanted]
    if not found:
        raise Wrong(100, "group_ids is undefined")
    shown = [
        {
            "id": one["id"],
            "name": one["name"],
            "screen_name": one["screen_name"],
            "type": "group",
            "is_closed": 0,
            "is_admin": int(world.administers(token, one["id"])),
        }
        | ({"admin_level": 3} if world.administers(token, one["id"]) else {})
        for one in found
    ]
    return {"groups": shown, "profiles": []}, f"read {len(shown)} communities"


def token_permissions(world, token, asked):
    """`groups.getTokenPermissions`: for communities' tokens."""
    if token.kind != "group":
        # The schema's access_token_type is "group" alone; the code is [unverified].
        raise Wrong(15, "method is available with group auth only")
    settings = [{"name": name, "setting": bit} for name, bit in RIGHTS.items() if token.may(name)]
    return {"mask": token.rights, "permissions": settings}, "told the token's rights"


def app_permissions(world, token, asked):
    """`account.getAppPermissions`."""
    return token.rights, "told the token's rights"


def resolve(world, token, asked):
    """`utils.resolveScreenName`."""
    for kind, known in (("user", world.users), ("group", world.groups)):
        for one in known.values():
            if one["screen_name"] == asked["screen_name"]:
                return {"type": kind, "object_id": one["id"]}, f"found a {kind}"
    raise Wrong(104)


def server_time(world, token, asked):
    """`utils.getServerTime`."""
    return int(world.now()), "told the time"


METHODS = {
    "users.get": users,
    "groups.getById": groups,
    "groups.getTokenPermissions": token_permissions,
    "account.getAppPermissions": app_permissions,
    "utils.resolveScreenName": resolve,
    "utils.getServerTime": server_time,
}
