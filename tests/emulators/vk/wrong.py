"""VK's "no": an error code with its words, answered as HTTP 200."""

from __future__ import annotations

MESSAGES = {
    1: "Unknown error occurred",
    3: "Unknown method passed",
    5: "User authorization failed",
    6: "Too many requests per second",
    7: "Permission to perform this action is denied",
    8: "Invalid request",
    9: "Flood control",
    10: "Internal server error",
    14: "Captcha needed",
    15: "Access denied",
    17: "Validation required",
    22: "Upload error",
    24: "Confirmation required",
    27: "Group authorization failed: method is unavailable with group auth.",
    28: "Application authorization failed: method is unavailable with service token.",
    29: "Rate limit reached",
    30: "This profile is private",
    36: "Method execution was interrupted due to timeout",
    43: "This section is temporary unavailable",
    100: "One of the parameters specified was missing or invalid",
    104: "Not found",
    105: "Couldn't save file",
    118: "Invalid server",
    121: "Invalid hash",
    129: "Invalid photo",
    203: "Access to group denied",
    204: "Access denied",
    210: "Access to wall's post denied",
    214: "Access to adding post denied",
    222: "Hyperlinks are forbidden",
    1051: "Method is unavailable for this profile type",
}
"""errors.json of github.com/VKCOM/vk-api-schema 5.199; 1051's words are second-hand."""


class Wrong(Exception):
    """A request that is answered with an error."""

    def __init__(self, code, detail="", *, invalid=False, **more):
        message = MESSAGES.get(code, "Error")
        super().__init__(f"{message}: {detail}" if detail else message)
        self.code = code
        self.invalid = invalid
        """Whether no correct client ever sends this: tests look for it in the log."""
        self.more = more
