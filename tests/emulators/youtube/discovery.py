"""The discovery document: which parameters, bodies, scopes and answers the API's methods have.

It is the `youtube.v3.json` that google-api-python-client ships (googleapiclient/discovery_cache/documents); of that
package nothing else is used.
"""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from jsonschema import Draft202012Validator

COMMON = {"alt", "key", "prettyPrint", "fields", "quotaUser", "uploadType", "upload_protocol", "$.xgafv"}


class Invalid(Exception):
    """What does not fit the document."""


@cache
def document():
    """Return the discovery document."""
    home = Path(find_spec("googleapiclient").submodule_search_locations[0])
    return json.loads((home / "discovery_cache" / "documents" / "youtube.v3.json").read_text(encoding="utf-8"))


def method(name):
    """Return a method's description by its id without the service: `videos.insert`."""
    resource, verb = name.split(".")
    return document()["resources"][resource]["methods"][verb]


def _schema(described):
    """Turn a schema of the document into JSON Schema: references, and no field that it does not name."""
    if "$ref" in described:
        return {"$ref": f"#/$defs/{described['$ref']}"}
    made = {key: described[key] for key in ("type", "enum", "format") if key in described and described[key] != "any"}
    if "properties" in described:
        made["properties"] = {name: _schema(one) for name, one in described["properties"].items()}
        made["additionalProperties"] = False
    if isinstance(described.get("additionalProperties"), dict):
        made["additionalProperties"] = _schema(described["additionalProperties"])
    if "items" in described:
        made["items"] = _schema(described["items"])
    return made


@cache
def _definitions():
    return {name: _schema(described) for name, described in document()["schemas"].items()}


@cache
def _validator(name):
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": _definitions()})


def check(name, value):
    """Raise Invalid where a value is no such resource."""
    for error in _validator(name).iter_errors(value):
        where = ".".join(str(part) for part in error.absolute_path)
        raise Invalid(f"{name}.{where}: {error.message[:200]}")


def check_parameters(name, query):
    """Raise Invalid for a parameter that a method does not have, or lacks."""
    known = method(name)["parameters"]
    for given, values in query.items():
        if given in COMMON:
            continue
        if given not in known:
            raise Invalid(f"unknown parameter {given}")
        for value in values:
            _check_value(given, known[given], value)
    for wanted, described in known.items():
        if described.get("required") and not query.get(wanted):
            raise Invalid(f"missing parameter {wanted}")


def _check_value(name, described, value):
    if described["type"] == "boolean" and value not in {"true", "false"}:
        raise Invalid(f"{name} is no boolean: {value}")
    if described["type"] == "integer":
        number = int(value) if value.lstrip("-").isdigit() else None
        low, high = int(described.get("minimum", 0)), int(described.get("maximum", 2**32))
        if number is None or not low <= number <= high:
            raise Invalid(f"{name} is not from {low} to {high}: {value}")
    if "enum" in described and value not in described["enum"]:
        raise Invalid(f"{name} is none of {described['enum']}: {value}")


def parts(query):
    """Return the parts that a request names."""
    return {part.strip() for value in query.get("part", []) for part in value.split(",") if part.strip()}


def check_parts(resource, named, body=None):
    """Raise Invalid for a part that a resource does not have, and for a body's field that no part names."""
    properties = set(document()["schemas"][resource]["properties"])
    unknown = named - properties
    if unknown:
        raise Invalid(f"unknown part {sorted(unknown)}")
    unexpected = set(body or ()) - named - {"id", "kind", "etag"}
    if unexpected:
        raise Invalid(f"the body has {sorted(unexpected)}, which no part names")
