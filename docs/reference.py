"""Pages of every flow and every option, told by the real command lines: nothing here can go stale."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import cyclopts

from adapters.contracts.limits import Limits
from docs.command_lines import ROOT, Option, app_of, body_of, commands_of, deployments, files, options_of
from tasks.groups import Group, Place, Source, flat, groups_of, title
from tasks.places import PLACES

PAGES = {"local": "archive"}
"""The page of a service, where it has another name."""
HEAD = "| option | what it is | unless told |\n|---|---|---|"


def write_pages(folder: Path) -> None:
    """Write a page for each flow file, and the page that lists them all."""
    folder.mkdir(exist_ok=True)
    pages = {f"{_page_of(file)}.md": "\n".join(_page(file)) for file in files()}
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
            if _page_of(PAGES.get(service, service)) == page:
                made += [f"### As a {role}\n", *_limits(service, role), *_fields(group), ""]
    return "\n".join(["\n\n## Every option\n", *made]) if made else ""


def _page(file: str) -> Iterator[str]:
    """Yield the lines of a flow file's page."""
    commands = commands_of(file)
    yield f"# {_arrow(file)}\n"
    yield _cell(_described(app_of(file) if len(commands) > 1 else commands[""]) or _does(file))
    yield f"\n```sh\npython flows/{file}.py --help\n```"
    deployed = [name for name, entrypoint in deployments().items() if entrypoint.startswith(f"flows/{file}.py:")]
    if deployed:
        yield "\nDeployed as " + ", ".join(f"`{one}`" for one in deployed) + "."
    pages = [page for page in _services(commands.values()) if (ROOT / "docs" / f"{page}.md").exists()]
    if pages:
        yield "\nSee also " + ", ".join(f"[{page}](../{page}.md)" for page in pages) + "."
    for name, app in commands.items():
        if name:
            yield f"\n## {name}\n\n{_cell(_described(app))}"
        yield from _table(options_of(app), "**{}**" if name else "## {}")
    yield ""


def _index() -> Iterator[str]:
    """Yield the lines of the page that lists all flows."""
    pairs = [file for file in files() if "_to_" in file]
    others = [file for file in files() if file not in pairs]
    yield "# Every flow\n"
    yield "Made from the flows' own signatures, so that it tells what this version does.\n"
    for heading, those in (("Pairs", pairs), ("Besides", others)):
        yield f"## {heading}\n\n| flow | what it does | deployed as |\n|---|---|---|"
        for file in those:
            deployed = [
                name for name, entrypoint in deployments().items() if entrypoint.startswith(f"flows/{file}.py:")
            ]
            shown = "<br>".join(f"`{one}`" for one in deployed)
            yield f"| [{_arrow(file)}]({_page_of(file)}.md) | {_cell(_does(file))} | {shown} |"
        yield ""
    listed = "\n".join(_page_of(file) for file in [*pairs, *others])
    yield f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n"


def _table(options: Iterable[Option], heading: str) -> Iterator[str]:
    """Yield the options' tables, one a panel, under its name."""
    panels: dict[str, list[Option]] = {}
    for one in options:
        panels.setdefault("" if one.panel in {"Parameters", "Arguments"} else one.panel, []).append(one)
    for panel, those in panels.items():
        if panel:
            yield "\n" + heading.format(panel)
        yield from ["", HEAD, *(_row(one) for one in those)]


def _row(option: Option) -> str:
    """Return an option as a line of a table."""
    names = "<br>".join(f"`{name}`" for name in option.names)
    return f"| {names} | {_cell(option.help + option.kind)} | {_cell(option.default)} |"


def _cell(text: str) -> str:
    """Make a text fit into a table's cell."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def _described(app: cyclopts.App) -> str:
    """Return what a command says of itself, without its arguments."""
    text = inspect.getdoc(body_of(app)) if app.default_command else ""
    return (text or "").split("\nArgs:\n")[0].strip()


def _does(file: str) -> str:
    """Return the first line of a flow file."""
    told = body_of(next(iter(commands_of(file).values()))).__globals__["__doc__"] or ""
    return told.strip().splitlines()[0]


def _arrow(file: str) -> str:
    """Write a flow file's name for people."""
    return file.replace("_to_", " → ") if "_to_" in file else file


def _page_of(name: str) -> str:
    """Return the name of a page."""
    return name.replace("_", "-")


def _services(apps: Iterable[cyclopts.App]) -> list[str]:
    """Return the pages of the services that commands take options of."""
    kinds = [kind for app in apps for kind in groups_of(body_of(app)).values()]
    services = [kind.__module__.rsplit(".", 1)[-1] for kind in kinds if issubclass(kind, (Source, Place))]
    return [_page_of(PAGES.get(one, one)) for one in services]


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
    app = cyclopts.App()
    app.default(flat(body))
    yield from _table(options_of(app), "**{}**")


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
