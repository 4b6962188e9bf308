"""One call of a method, from its text to its answer: token, pace, schema, rights, the method, the schema again."""

from __future__ import annotations

from tests.emulators.vk import media, people, rules, schema, wall
from tests.emulators.vk.wrong import Wrong

METHODS = people.METHODS | wall.METHODS | media.METHODS
CAPTCHA_KEY = "solved"


class Told:
    """What a call came to: for its caller, and for the log."""

    def __init__(self, body, did, *, invalid=False):
        self.body = body
        self.did = did
        self.invalid = invalid


def call(world, method, parameters):
    """Call a method and return what it came to; an error is an answer too."""
    world.publish_due()
    try:
        answer, did = _answer(world, method, parameters)
    except Wrong as wrong:
        return refusal(world, method, parameters, wrong)
    return Told({"response": _garbled(world, schema.hold(method, answer))}, did)


def _garbled(world, answer):
    """Spoil the posts that are to be spoiled."""
    if world.settings["garbled"] and isinstance(answer, dict):
        for post in answer.get("items", []):
            if post.get("id") in world.settings["garbled"]:
                post["date"] = "the day before yesterday"
    return answer


def refusal(world, method, parameters, wrong):
    """Return an error as VK answers it: HTTP 200, code, words, and the request's parameters without the token."""
    message = str(wrong)
    if world.settings["echo_token"]:
        message += f" (access_token={parameters.get('access_token', '')})"
    given = {"oauth": "1", "method": method} | {key: text for key, text in parameters.items() if key != "access_token"}
    error = {
        "error_code": wrong.code,
        "error_msg": message,
        "request_params": [{"key": key, "value": text} for key, text in given.items()],
        **wrong.more,
    }
    return Told({"error": schema.hold_error(error)}, f"error {wrong.code}: {wrong}", invalid=wrong.invalid)


def _answer(world, method, parameters):
    """Return a method's answer and what it did; raises Wrong."""
    if not parameters.get("v"):
        raise Wrong(8, "v (version) is required", invalid=True)
    token = world.token(parameters.get("access_token", ""))
    world.pace(token)
    if method not in METHODS:
        raise Wrong(3, invalid=True)
    if world.settings["captcha"] and parameters.get("captcha_key") != CAPTCHA_KEY:
        raise captcha()
    asked = schema.checked(method, parameters)
    _rights(method, token)
    return METHODS[method](world, token, asked)


def captcha():
    """Return a captcha's error."""
    return Wrong(14, captcha_sid="617246827", captcha_img="https://api.vk.test/captcha.php?sid=617246827")


def _rights(method, token):
    """Raise Wrong for what this token may not call."""
    if token.kind == "group" and method in rules.NOT_FOR_GROUPS:
        raise Wrong(27)
    if token.kind == "service" and method not in rules.FOR_SERVICE:
        raise Wrong(28)
    if token.kind == "vkid" and method in rules.NOT_FOR_VK_ID:
        raise Wrong(1051)
    right = rules.NEEDS.get(method)
    if right and not token.may(right):
        raise Wrong(15, rules.NO_SCOPE, error_subcode=rules.NO_SCOPE_SUBCODE)
