"""Says what is wrong with a command in a document, by the real command lines: nothing is run."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import cyclopts
import prefect
import yaml
from prefect.cli._app import _app as prefect_cli
from prefect.exceptions import ParameterTypeError, SignatureMismatchError
from prefect.settings import Settings
from prefect.settings.legacy import _get_settings_fields

from adapters.contracts.errors import ConfigurationError
from docs.command_lines import app_of, commands_of, deployments, files, option_names
from tasks.flow import Command as Flow
from tests.docs.reading import Command, Span, commands
from tests.exports import ROOT

PLACEHOLDER = "x"
"""`flows/x.py` stands for any flow."""
INVENTED = re.compile(r"/(\w+_to_)?chat\.py$|^--room$")
"""What docs/an-adapter-in-an-hour.md has its reader write."""
OURS = ("adapters", "bench", "deployments", "docs", "examples", "flows", "sample", "tasks", "tests")
VARIABLE = re.compile(r"\b(?:SYNDICATE|VK|YOUTUBE|PREFECT)_[A-Z0-9_]+")
QUIET = {"exit_on_error": False, "print_error": False}


def problems(span: Span) -> list[str]:
    """Return what is wrong with a piece of code in a document."""
    return list(dict.fromkeys(_problems(span)))


def _problems(span: Span) -> Iterator[str]:
    """Yield what is wrong, some of it twice."""
    yield from (f"there is no variable {one}" for one in VARIABLE.findall(span.text) if not _is_variable(one))
    if not span.block and span.text.startswith("--"):
        yield from _options(span.text)
    if span.block or span.text.split(" ")[0] in {"pip", "prefect", "pytest", "python"}:
        for command in commands(span.text):
            yield from _paths(command.words)
            yield from _command(command, complete=span.block and not command.open)
    elif "/" in span.text and " " not in span.text:
        yield from _paths([span.text])


def _command(command: Command, *, complete: bool) -> Iterator[str]:
    """Check a command by its program's own command line."""
    names = [PurePosixPath(word).name for word in command.words]
    checks = {"python": _python, "python3": _python, "prefect": _prefect, "pip": _pip, "pytest": _pytest}
    begin = next((place for place, name in enumerate(names) if name in checks), None)
    if begin is not None:
        yield from checks[names[begin]](command.words[begin + 1 :], complete=complete)


def _python(words: list[str], *, complete: bool) -> Iterator[str]:
    """Check `python flows/x.py …`, and that another program of ours knows its options."""
    if words[:1] == ["-m"] and len(words) > 1 and find_spec(words[1]) is None:
        yield f"there is no module {words[1]}"
    elif words and words[0].startswith("flows/") and words[0].endswith(".py"):
        yield from _flow(PurePosixPath(words[0]).stem, words[1:], complete=complete)
    elif words and (ROOT / words[0]).is_file():
        source = (ROOT / words[0]).read_text(encoding="utf-8")
        for option in _named(words[1:]):
            if option not in source and option.removeprefix("--").replace("-", "_") not in source:
                yield f"{words[0]} knows no {option}"


def _flow(name: str, words: list[str], *, complete: bool) -> Iterator[str]:
    """Bind a flow's command line without running it."""
    if name not in files():
        if name != PLACEHOLDER and "<" not in name:
            yield f"there is no flows/{name}.py"
        return
    try:
        function, bound, _ = app_of(name).parse_args(words, **QUIET)
    except cyclopts.MissingArgumentError as error:
        if complete:
            yield str(error)
    except cyclopts.CycloptsError as error:
        yield str(error)
    else:
        if complete and function in [app.default_command for app in commands_of(name).values()]:
            yield from _refused(function, bound)


def _refused(function, bound) -> Iterator[str]:
    """Yield what no run could work with."""
    try:
        Flow("", inspect.unwrap(function)).check(bound)
    except ConfigurationError as error:
        yield str(error)


def _prefect(words: list[str], *, complete: bool) -> Iterator[str]:
    """Check a command of Prefect's, and a deployment's name and parameters."""
    words = [word for word in words if word not in {"--no-prompt", "--prompt"}]
    try:
        _, bound, _ = prefect_cli.parse_args(words, **QUIET)
    except cyclopts.MissingArgumentError as error:
        if complete:
            yield str(error)
        return
    except cyclopts.CycloptsError as error:
        yield str(error)
        return
    if words[:2] == ["deployment", "run"]:
        given = bound.arguments
        yield from _deployment(given.get("name", ""), given.get("params") or (), complete=complete)


def _deployment(name: str, given: list[str], *, complete: bool) -> Iterator[str]:
    """Check a deployment's parameters by its flow."""
    found = _deployments().get(name)
    if found is None:
        if re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name):
            yield f"prefect.yaml has no deployment {name}"
        return
    flow, preset = found
    parameters = preset | dict(one.split("=", 1) for one in given)
    unknown = parameters.keys() - flow.parameters.properties.keys()
    yield from (f"{name} has no parameter {one}" for one in sorted(unknown))
    if complete and not unknown:
        try:
            flow.validate_parameters({key: _value(value) for key, value in parameters.items()})
        except (ParameterTypeError, SignatureMismatchError, TypeError, ConfigurationError) as error:
            yield f"{name}: {error}"


@cache
def _deployments():
    """Return each deployment's flow and preset parameters, by its name on the command line."""
    told = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    made = {}
    for name, one in zip(deployments(), told, strict=True):
        file, function = one["entrypoint"].split(":")
        flow = getattr(import_module(f"flows.{PurePosixPath(file).stem}"), function)
        made[name] = flow, one.get("parameters") or {}
    return made


def _value(text: object) -> object:
    """Read a parameter as Prefect does: JSON, else a text."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text


def _pip(words: list[str], *, complete: bool) -> Iterator[str]:
    """Check the extras that are to be installed."""
    extras = _project()["project"]["optional-dependencies"]
    for word in words if complete else ():
        for extra in re.findall(r"[\w-]+", "".join(re.findall(r"^\.\[(.*)\]$", word))):
            if extra not in extras:
                yield f"there is no extra {extra}"


def _pytest(words: list[str], *, complete: bool) -> Iterator[str]:
    """Check the markers that are to be run."""
    markers = {one.split(":")[0] for one in _project()["tool"]["pytest"]["ini_options"]["markers"]}
    for place, word in enumerate(words if complete else ()):
        if word == "-m":
            named = set(re.findall(r"\w+", words[place + 1])) - {"not", "and", "or"}
            yield from (f"there is no marker {one}" for one in sorted(named - markers))


def _options(text: str) -> Iterator[str]:
    """Check options that a text names by themselves: a flow must have each, or what runs them."""
    for one in _named(text.split()):
        parameter = rf"\b{one.removeprefix('--').replace('-', '_')}\s*:"
        elsewhere = one in _texts("deployments") or re.search(parameter, _texts("deployments"))
        if one not in flow_options() and not INVENTED.search(one) and not elsewhere:
            yield f"no flow has {one}"


def _named(words: list[str]) -> list[str]:
    """Return the long options among words."""
    return [found[0] for word in words if (found := re.match(r"--[a-z][a-z0-9-]*", word))]


@cache
def flow_options() -> frozenset[str]:
    """Return all options of all flows, and those that every command or deployment has."""
    return frozenset(option_names()) | {"--help", "--param"}


def _paths(words: list[str]) -> Iterator[str]:
    """Check that what lies in this repository is there."""
    for word in words:
        path = re.split(r"::|:(?=\w)", word)[0]
        ours = path.split("/")[0] in OURS and "/" in path and not re.search(r"[*<>…{}$]|/x\.py", path)
        if ours and not INVENTED.search(path) and not (ROOT / path).exists():
            yield f"there is no {path}"


@cache
def _project():
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def _texts(folder: str) -> str:
    """Return all files of a folder that are text, as one."""
    kinds = {".py", ".sh", ".yaml", ".yml", ".service", ".timer", ".target", ".example", ".env", ".toml"}
    files = [
        file for file in sorted((ROOT / folder).rglob("*")) if file.suffix in kinds or file.name.startswith(".env")
    ]
    return "\n".join(file.read_text(encoding="utf-8") for file in files if file.is_file())


@cache
def _prefect_source() -> str:
    """Return Prefect's own code: a few of its variables are no settings."""
    folder = Path(prefect.__file__).parent
    return "\n".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))


@cache
def code_variables() -> frozenset[str]:
    """Return the variables that the pack itself reads, Prefect's own left out."""
    folders = ("adapters", "tasks", "flows")
    files = [file for one in folders for file in (ROOT / one).rglob("*.py")]
    found = (re.findall(rf'"({VARIABLE.pattern})"', file.read_text(encoding="utf-8")) for file in files)
    return frozenset(one for names in found for one in names if not one.startswith("PREFECT_"))


@cache
def _prefect_variables() -> frozenset[str]:
    """Return Prefect's settings."""
    return frozenset(_get_settings_fields(Settings))


def _is_variable(name: str) -> bool:
    """Say whether somebody reads a variable; `YOUTUBE_` stands for all that begin so."""
    if name in _prefect_variables():
        return True
    exact = name if name.endswith("_") else rf"{name}\b"
    folders = (
        "adapters",
        "bench",
        "deployments",
        "flows",
        "tasks",
        "tests/flows",
        "tests/servers",
        "tests/conformance",
    )
    texts = (*map(_texts, folders), *([_prefect_source()] if name.startswith("PREFECT_") else []))
    return any(re.search(rf"\b{exact}", text) for text in texts)
