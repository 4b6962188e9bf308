"""The docs site: Sphinx reads the Markdown files where they lie, as GitHub shows them.

    sphinx-build -W --keep-going -c docs . build/site

-W makes every warning an error: a link or an anchor that leads nowhere, a page that no list has.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from sphinx.application import Sphinx

from docs.command_lines import ROOT
from docs.reference import settings_of, write_pages

project = "prefect-syndicate"
author = "prefect-syndicate"
copyright = "MIT"  # noqa: A001 - Sphinx's own name
release = version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "deployments/*.md"]
exclude_patterns = [".*", "build", "docs/site"]
myst_heading_anchors = 6
highlight_language = "text"
suppress_warnings = ["misc.highlighting_failure"]  # an ellipsis in an example is no mistake

html_theme = "shibuya"
html_title = project
html_static_path = ["site/static"]
templates_path = ["site/templates"]
html_sidebars = {"**": ["sidebars/localtoc.html"]}
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"accent_color": "teal", "show_ai_links": False, "toctree_collapse": True}

SECTIONS = {
    "Start": "quickstart running ../README.ru quickstart.ru",
    "Flows and options": "reference/flows",
    "Sources and places": (
        "telegram-export odd-exports telegram telegram-web rss wordpress vk youtube dzen archive sql webhook"
    ),
    "Operating": (
        "operating ../deployments/README credentials seeing dead-letters pairs backfill troubleshooting settings speed"
    ),
    "What is promised": "promises architecture crash-sweep planted-faults",
    "Taking part": "an-adapter-in-an-hour ../CONTRIBUTING ../CHANGELOG",
}
"""The navigation, pages by name. A page that nobody has put here is found under "More"."""

TITLES = {"README.ru": "По-русски"}
"""What a page is called there, where its own heading says nothing."""


def contents(root: Path) -> str:
    """Return the navigation as the first page's list of contents."""
    listed = {caption: [_page(name) for name in names.split()] for caption, names in SECTIONS.items()}
    known = {page for pages in listed.values() for page in pages}
    listed["More"] = sorted({f"docs/{file.stem}" for file in (root / "docs").glob("*.md")} - known)
    return "".join(
        f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(map(_entry, there)) + "\n```\n"
        for caption, pages in listed.items()
        if (there := [page for page in pages if (root / f"{page}.md").exists()])
    )


def _entry(page: str) -> str:
    """Return a page as a line of a list of contents."""
    return f"{TITLES[page]} <{page}>" if page in TITLES else page


def _page(name: str) -> str:
    """Return a page's name from the root."""
    return name.removeprefix("../") if name.startswith("../") else f"docs/{name}"


def generate(app: Sphinx) -> None:
    """Write the pages that the flows' signatures tell."""
    write_pages(Path(app.srcdir) / "docs" / "reference")


def complete(app: Sphinx, page: str, source: list[str]) -> None:
    """Give the first page the navigation, and an adapter's page its options."""
    if page == root_doc:
        source[0] += contents(Path(app.srcdir))
    if page.startswith("docs/"):
        source[0] += settings_of(page.removeprefix("docs/"))


def welcome(app: Sphinx, failed: Exception | None) -> None:
    """Let the site's own address lead to its first page."""
    if not failed and app.builder.name == "html":
        page = f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={root_doc}.html">'
        (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what the site is made with."""
    app.connect("builder-inited", generate)
    app.connect("source-read", complete)
    app.connect("build-finished", welcome)
    return {"parallel_read_safe": True}
