"""HTML of strangers as rich text: what is read stays, in order; what runs, hides or decorates goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import local
from typing import Any, cast

from lxml import etree

from adapters.text import tidy
from adapters.text.elements import Builder
from adapters.text.html_rules import Rich, absolute, cleaned

NONE: Mapping[str, str] = {}

__all__ = ["Rich", "from_html", "from_tree"]


def from_html(html: str, base: str = "") -> Rich:
    """Read a fragment or a page of HTML; `base` is what relative addresses are relative to."""
    try:
        return tidy.read(html, base)
    except tidy.Untidy:
        return _parsed(cleaned(html), base)


def _parsed(html: str, base: str) -> Rich:
    """Read any HTML."""
    builder, parser = Builder(base), _READY.parser
    try:
        root = etree.fromstring(html.encode(), parser)
    except etree.XMLSyntaxError:
        # There is nothing in it.
        return Rich("")
    if root is None:
        return Rich("")
    if any("depth" in error.message for error in parser.error_log):
        return _without_a_tree(html, builder)
    _walk(builder, root)
    return builder.close()


class _Ready(local):
    """A thread's own parser: what went wrong is asked of it after each text."""

    def __init__(self) -> None:
        self.parser = etree.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")


_READY = _Ready()


def _walk(builder: Builder, root: etree._Element) -> None:
    """Tell a builder all that is in an element; without recursion, which would end at Python's limit."""
    start, end, data = builder.start, builder.end, builder.data
    above: list[tuple[etree._Element, Iterator[etree._Element]]] = []
    children: Iterator[etree._Element] = iter(root)
    data(root.text or "")
    while True:
        for child in children:
            attributes = child.items()
            start(child.tag, dict(cast("list[tuple[str, str]]", attributes)) if attributes else NONE)
            if text := child.text:
                data(text)
            if len(child):
                above.append((child, children))
                children = iter(child)
                break
            end(child.tag)
            if tail := child.tail:
                data(tail)
        else:
            if not above:
                return
            child, children = above.pop()
            end(child.tag)
            if tail := child.tail:
                data(tail)


def _without_a_tree(html: str, target: Any) -> Rich:
    """Read what is nested too deeply for a tree: a target meets each tag in turn, which takes longer."""
    parser: Any = etree.HTMLParser(target=target, huge_tree=True)
    parser.feed(html)
    rich: Rich = parser.close()
    return rich


def from_tree(element: etree._Element, base: str = "") -> Rich:
    """Read the content of an element whose markup is XHTML, in whatever namespace; `xml:base` is heeded."""
    builder = Builder(base)
    builder.data(element.text or "")
    for event, node in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if event in {"comment", "pi"}:
            builder.data(node.tail or "")
        elif node is not element:
            name = etree.QName(node).localname.lower()
            if event == "start":
                builder.base = absolute(node.base or "", base) if node.base else base
                builder.start(name, {str(key): str(value) for key, value in node.attrib.items()})
                builder.data(node.text or "")
            else:
                builder.end(name)
                builder.data(node.tail or "")
    return builder.close()
