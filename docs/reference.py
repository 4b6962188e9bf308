"""Pages of every flow and every option, told by the flows' own signatures: nothing here can go stale."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

import yaml
from prefect import Flow
from prefect.utilities.callables import parameter_docstrings

from adapters.contracts.limits import Limits
from tasks.cli import app_of
from tasks.flow import Command
from tasks.groups import Group, Place, Source, groups_of, title
from tasks.places import PLACES

ROOT = Path(__file__).resolve().parents[1]
PAGES = {"local": "archive"}
"""The page of a service, where it has another name."""
HEAD = "| option | what it is | unless told |\n|---|---|---|"


@dataclass(frozen=True)
class Option:
    """One option of a command line."""

    names: tuple[str, ...]
    help: str
    kind: str
    default: str
    panel: str

    @property
    def row(self) -> str:
        """The option as a line of a table."""
        shown = "<br>".join(f"`{name}`" for name in self.names)
        return f"| {shown} | {_cell(self.help)}{_cell(self.kind)} | {_cell(self.default)} |"


def modules() -> dict[str, ModuleType]:
    """Return the flow files, by name."""
    names = sorted(file.stem for file in (ROOT / "flows").glob("*.py") if file.stem != "__init__")
    return {name: import_module(f"flows.{name}") for name in names}


def commands_in(module: ModuleType) -> list[Command]:
    """Return the flows of a file as its command line knows them."""
    flows = [one for one in vars(module).values() if isinstance(one, Flow) and one.fn.__module__ == module.__name__]
    return [Command(one.name, inspect.unwrap(one.fn)) for one in flows]


def options_of(command: Command) -> list[Option]:
    """Return what a flow takes, in the order in which `--help` shows it."""
    told = parameter_docstrings(inspect.getdoc(command.function))
    found = app_of(command).assemble_argument_collection()
    return [_option(one, told) for one in found if one.parameter.show is not False]


def write_pages(folder: Path) -> None:
    """Write a page for each flow file, and the page that lists them all."""
    folder.mkdir(exist_ok=True)
    pages = {f"{name.replace('_', '-')}.md": "\n".join(_page(name, one)) for name, one in modules().items()}
    pages["flows.md"] = "\n".join(_index())
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def settings_of(page: str) -> str:
    """Return the section of an adapter's page that tells its options; empty where the page is no adapter's."""
    made = []
    for role, groups in (("source", _groups("sources", Source)), ("destination", _groups("places", Place))):
        for service, group in groups.items():
            if PAGES.get(service, service).replace("_", "-") == page:
                made += [f"### As a {role}\n", *_limits(service, role), *_fields(group), ""]
    return "\n".join(["\n\n## Every option\n", *made]) if made else ""


def _option(argument: Any, told: dict[str, str]) -> Option:
    """Read an option from cyclopts."""
    default = argument.field_info.default
    required = default is inspect.Parameter.empty
    return Option(
        names=tuple(argument.names),
        help=told.get(argument.field_info.name, ""),
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


def _cell(text: str) -> str:
    """Make a text fit into a table's cell."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def _table(options: Iterable[Option]) -> Iterator[str]:
    """Yield the options' tables, one a panel."""
    panels: dict[str, list[Option]] = {}
    for one in options:
        panels.setdefault(one.panel, []).append(one)
    for panel, those in panels.items():
        if panel and panel not in {"Parameters", "Arguments"}:
            yield f"\n**{panel}**\n"
        yield from ["", HEAD, *(one.row for one in those)]


def _page(name: str, module: ModuleType) -> Iterator[str]:
    """Yield the lines of a flow file's page."""
    commands, deployed = commands_in(module), _deployments(name)
    yield f"# {_arrow(name)}\n"
    yield f"{(module.__doc__ or '').strip()}\n"
    yield f"```sh\npython flows/{name}.py --help\n```"
    if deployed:
        yield "\nDeployed as " + ", ".join(f"`{one}`" for one in deployed) + "."
    pages = [page for page in _services(commands) if (ROOT / "docs" / f"{page}.md").exists()]
    if pages:
        yield "\nSee also " + ", ".join(f"[{page}](../{page}.md)" for page in pages) + "."
    for command in commands:
        text = (inspect.getdoc(command.body) or "").split("\nArgs:\n")[0].strip()
        yield f"\n## {command.name if len(commands) == 1 else command.name.rsplit('-', 1)[-1]}\n"
        yield f"{_cell(text)}\n"
        yield from _table(options_of(command))
    yield ""


def _index() -> Iterator[str]:
    """Yield the lines of the page that lists all flows."""
    pairs = {name: one for name, one in modules().items() if "_to_" in name}
    others = {name: one for name, one in modules().items() if name not in pairs}
    yield "# Every flow\n"
    yield "Made from the flows' own signatures, so that it tells what this version does.\n"
    for heading, those in (("Pairs", pairs), ("Besides", others)):
        yield f"## {heading}\n\n| flow | what it does | deployed as |\n|---|---|---|"
        for name, module in those.items():
            deployed = "<br>".join(f"`{one}`" for one in _deployments(name))
            does = (module.__doc__ or "").strip().splitlines()[0]
            yield f"| [{_arrow(name)}]({name.replace('_', '-')}.md) | {does} | {deployed} |"
        yield ""
    listed = "\n".join(name.replace("_", "-") for name in [*pairs, *others])
    yield f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n"


def _arrow(name: str) -> str:
    """Write a flow file's name for people."""
    return name.replace("_to_", " → ") if "_to_" in name else name


def _deployments(name: str) -> list[str]:
    """Return the deployments of a flow file, as `prefect deployment run` names them."""
    told = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    of_file = [one for one in told if one["entrypoint"].startswith(f"flows/{name}.py:")]
    module = import_module(f"flows.{name}")
    return [f"{getattr(module, one['entrypoint'].split(':')[1]).name}/{one['name']}" for one in of_file]


def _services(commands: list[Command]) -> list[str]:
    """Return the pages of the services that a file's flows take options of."""
    kinds = [kind for command in commands for kind in groups_of(command.body).values()]
    services = [kind.__module__.rsplit(".", 1)[-1] for kind in kinds if issubclass(kind, (Source, Place))]
    return [PAGES.get(one, one).replace("_", "-") for one in services]


def _groups(folder: str, kind: type[Group]) -> dict[str, type[Group]]:
    """Return the option group of each service that a folder of `tasks` has."""
    found: dict[str, type[Group]] = {}
    for file in sorted((ROOT / "tasks" / folder).glob("[!_]*.py")):
        module = import_module(f"tasks.{folder}.{file.stem}")
        classes = [one for one in vars(module).values() if inspect.isclass(one) and one.__module__ == module.__name__]
        group = next((one for one in classes if issubclass(one, kind) and "open" in vars(one)), None)
        if group:
            found[file.stem] = group
    return found


def _fields(group: type[Group]) -> Iterator[str]:
    """Yield a group's options as a table."""

    def body(group: Group) -> object:
        return group

    body.__annotations__ = {"group": group, "return": object}
    body.__doc__ = title(group)
    yield from _table(options_of(Command(group.__name__, body)))


def _limits(service: str, role: str) -> Iterator[str]:
    """Yield a line about what a publishing place takes."""
    if role != "destination" or service not in PLACES:
        return
    known = [getattr(one, "limits", None) for one in vars(import_module(f"adapters.destinations.{service}")).values()]
    for limits in {one for one in known if isinstance(one, Limits)}:
        told = [f"{limits.text:,} {limits.unit} of text" if limits.text else ""]
        told += [f"{limits.media} media" if limits.media else ""]
        told += [f"{limits.media_bytes / 1e6:,.0f} MB a file" if limits.media_bytes else ""]
        if any(told):
            yield f"An item may have {', '.join(one for one in told if one)}.\n"
