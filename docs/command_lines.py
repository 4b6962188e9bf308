"""The flows' real command lines, without running anything: what each takes, and the functions behind it."""

from __future__ import annotations

import inspect
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from unittest.mock import patch

import cyclopts
import docstring_parser
import yaml

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Option:
    """One option of a command line."""

    names: tuple[str, ...]
    help: str
    kind: str
    default: str
    panel: str


@cache
def files() -> tuple[str, ...]:
    """Return the names of the flow files."""
    return tuple(sorted(file.stem for file in (ROOT / "flows").glob("*.py") if file.stem != "__init__"))


@cache
def app_of(file: str) -> cyclopts.App:
    """Return the command line that a flow file makes when it is run: it is stopped where it would be read."""
    made: list[cyclopts.App] = []

    def stop(app: cyclopts.App, *_: Any, **__: Any) -> None:
        made.append(app)
        sys.exit()

    path = str(ROOT / "flows" / f"{file}.py")
    with patch.object(cyclopts.App, "__call__", stop), patch.object(sys, "argv", [path]), suppress(SystemExit):
        runpy.run_path(path, run_name="__main__")
    return made[0]


def commands_of(file: str) -> dict[str, cyclopts.App]:
    """Return a file's commands by name; one that is the file's only one has no name."""
    app = app_of(file)
    named = {name: app[name] for name in app if not name.startswith("-")}
    return named or {"": app}


def body_of(app: cyclopts.App) -> Callable[..., Any]:
    """Return the function of a command as its file has it."""
    return inspect.unwrap(app.default_command or app)


def options_of(app: cyclopts.App) -> list[Option]:
    """Return what a command takes, in the order in which `--help` shows it."""
    told = docstring_parser.parse(inspect.getdoc(app.default_command) or "")
    helps = {one.arg_name: " ".join((one.description or "").split()) for one in told.params}
    return [_option(one, helps) for one in app.assemble_argument_collection() if one.parameter.show is not False]


def option_names() -> Iterator[str]:
    """Yield the names of all options of all flows."""
    for file in files():
        for app in commands_of(file).values():
            for argument in app.assemble_argument_collection():
                yield from argument.names


def deployments() -> dict[str, str]:
    """Return the entrypoint of each deployment, by its name as `prefect deployment run` takes it."""
    told = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    return {f"{_flow_name(one['entrypoint'])}/{one['name']}": one["entrypoint"] for one in told}


def _flow_name(entrypoint: str) -> str:
    """Return the name of the flow that an entrypoint leads to."""
    path, function = entrypoint.split(":")
    app = next(iter(commands_of(Path(path).stem).values()))
    name: str = body_of(app).__globals__[function].name
    return name


def _option(argument: Any, helps: dict[str, str]) -> Option:
    """Read an option from cyclopts."""
    default = argument.field_info.default
    required = default is inspect.Parameter.empty
    return Option(
        names=tuple(argument.names),
        help=helps.get(argument.field_info.name, ""),
        kind=_kind(argument.hint),
        default="**needed**" if required else _default(default),
        panel=argument.parameter.group[0].name if argument.parameter.group else "",
    )


def _kind(hint: Any) -> str:
    """Name what may be given, where the help does not."""
    if get_origin(hint) is Literal:
        return " One of " + ", ".join(f"`{one}`" for one in get_args(hint)) + "."
    if get_origin(hint) is tuple:
        return " Several may be given." + _kind(get_args(hint)[0])
    return ""


def _default(default: object) -> str:
    """Say what an option is when it is left out."""
    if isinstance(default, Path):
        inside = default.is_relative_to(ROOT)
        return f"`{default.relative_to(ROOT)}`" if inside else f"`{default}`"
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, tuple):
        return " ".join(f"`{one}`" for one in default)
    return f"`{default}`" if default not in (None, "", 0) else ""
