"""A flow's signature: made of groups, alike for command line, form and deployment, and understood without Prefect."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint, safe_load_flow_from_entrypoint

from tasks.flow import Command
from tasks.groups import Group, flat
from tests.exports import ROOT

ENTRYPOINTS = [one["entrypoint"] for one in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]]
FILES = sorted({entrypoint.split(":")[0] for entrypoint in ENTRYPOINTS})
SEVERAL = {"dead_letters", "pairs"}
"""Files of several commands."""
SIMPLE = {"string", "integer", "number", "boolean"}


class Colour(Group):
    """The paint."""

    colour: str
    """Which colour."""
    coats: int = 2
    """How many coats."""


class Tool(Group):
    """The tool."""

    brush: tuple[str, ...] = ()
    """Which brushes."""


def paint(  # noqa: D417 - a group explains its fields itself
    wall: str, paint: Colour, tool: Tool, *, dry_run: bool = False
) -> object:
    """Paint a wall.

    Args:
        wall: Which wall.
        dry_run: Only look at it.
    """
    return wall, paint, tool, dry_run


def test_groups_become_options_with_their_help():
    """Each field is a keyword with its default; the docstring explains every one."""
    made = flat(paint)
    parameters = inspect.signature(made).parameters
    assert list(parameters) == ["wall", "dry_run", "colour", "coats", "brush"]
    assert parameters["colour"].default is inspect.Parameter.empty
    assert (parameters["coats"].default, parameters["brush"].default) == (2, ())
    for line in ("wall: Which wall.", "colour: Which colour.", "brush: Which brushes."):
        assert f"    {line}" in inspect.getdoc(made).splitlines()
    assert made("north", colour="red", dry_run=True) == ("north", Colour(colour="red"), Tool(), True)


def test_two_options_of_one_name_are_refused():
    """At import, so that nobody runs a flow in which one option hides another."""

    class Other(Group):
        """Another."""

        coats: int = 1
        """How many coats there are."""

    def twice(one: Colour, other: Other) -> object:
        """Paint twice."""
        return one, other

    with pytest.raises(TypeError, match="two options of one name"):
        flat(twice)


def test_an_option_without_help_is_refused():
    """A form without words helps nobody."""

    class Mute(Group):
        """Mute."""

        coats: int = 1

    def silent(one: Mute) -> object:
        """Paint."""
        return one

    with pytest.raises(TypeError, match=r"Mute\.coats has no help"):
        flat(silent)


@pytest.mark.parametrize("file", FILES)
def test_help_and_wrong_usage_answer_without_prefect(file, tmp_path):
    """Neither imports Prefect; the one ends with 0, the other with 1 and one line."""
    for arguments, code in ((["--help"], 0), (["--frobnicate"], 1)):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", str(ROOT / file), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        told = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
        imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if line not in told}
        assert (done.returncode, len(told)) == (code, code), told
        assert "prefect" not in imported
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS)
def test_the_file_the_function_and_the_flow_have_one_name(entrypoint):
    """Run, loaded, or read where it cannot be run: the same flow with the same parameters."""
    flow = load_flow_from_entrypoint(str(ROOT / entrypoint))
    read = safe_load_flow_from_entrypoint(str(ROOT / entrypoint))
    assert not isinstance(flow, Command)
    assert (flow.name, flow.parameters) == (read.name, read.parameters)
    file, function = Path(entrypoint.split(":")[0]).stem, entrypoint.split(":")[1]
    dashed = file.replace("_", "-")
    if file in SEVERAL:
        assert flow.name.startswith(f"{dashed}-")
    else:
        assert (flow.name, function) == (dashed, file)


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS)
def test_a_form_has_plain_fields_with_help(entrypoint):
    """No parameter is an editor of raw JSON in Prefect's form, and each is explained."""
    schema = load_flow_from_entrypoint(str(ROOT / entrypoint)).parameters.model_dump()
    for name, field in schema["properties"].items():
        assert field.get("description"), f"{name} has no help"
        assert _plain(field, schema["definitions"]), f"{name} shows as raw JSON: {field}"


def _plain(field, definitions):
    """Tell what the form has a field for: simple values, choices, lists of these, and null beside one of these."""
    if "$ref" in field:
        return _plain(definitions[field["$ref"].rsplit("/", 1)[-1]], definitions)
    if "anyOf" in field:
        others = [one for one in field["anyOf"] if one != {"type": "null"}]
        return len(others) == 1 and len(others) < len(field["anyOf"]) and _plain(others[0], definitions)
    if field.get("type") == "array":
        return field["items"].get("type") != "array" and _plain(field["items"], definitions)
    return field.get("type") in SIMPLE
