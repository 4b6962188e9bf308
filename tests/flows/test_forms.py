"""The forms of the verbs on dead letters and pairs: nothing in them is to be written as JSON."""

from __future__ import annotations

from importlib import import_module

import pytest
import yaml
from prefect.utilities.callables import parameter_schema

from tests.exports import ROOT

DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
VERBS = [one for one in DEPLOYMENTS if one["entrypoint"].startswith(("flows/dead_letters.py", "flows/pairs.py"))]


def simple(field, definitions):
    """Say whether Prefect's form has a field for this: a text, number, switch, menu, or list of such."""
    if "$ref" in field:
        return "enum" in definitions[field["$ref"].rpartition("/")[2]]
    if "anyOf" in field:
        # One kind and nothing: a switch beside it turns the field on.
        kinds = [one for one in field["anyOf"] if one.get("type") != "null"]
        return len(kinds) == 1 and simple(kinds[0], definitions)
    if field.get("type") == "array":
        return simple(field["items"], definitions)
    return field.get("type") in {"string", "integer", "number", "boolean"}


@pytest.mark.parametrize("deployment", VERBS, ids=lambda one: one["entrypoint"].partition(":")[2])
def test_every_field_is_plain_and_explained(deployment):
    """Each has a field of its own with its help, and the deployment says what it does."""
    file, _, name = deployment["entrypoint"].partition(":")
    flow = getattr(import_module(f"flows.{file.removeprefix('flows/').removesuffix('.py')}"), name)
    schema = parameter_schema(flow.fn)
    assert deployment["description"].strip().endswith(".")
    for field, told in schema.properties.items():
        assert simple(told, schema.definitions), f"{name}: {field} is to be written as JSON: {told}"
        assert told.get("description"), f"{name}: {field} has no help"


def test_every_verb_is_deployed():
    """What the shell can do, the UI can."""
    deployed = {one["entrypoint"].partition(":")[2] for one in VERBS}
    assert deployed == {
        *("list_dead_letters", "show_dead_letter", "redrive_dead_letters"),
        *("adopt_dead_letter", "skip_dead_letters", "resend_item"),
        *("list_pairs", "pause_pairs", "resume_pairs", "import_pairs_receipts", "forget_pair", "prune_records"),
    }
