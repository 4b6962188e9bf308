"""HTML of strangers as rich text: what is read stays, in order; what runs, hides or decorates goes."""

from __future__ import annotations

from typing import Any

from lxml import etree

from adapters.text.elements import Builder, Rich, absolute, cleaned

__all__ = ["Rich", "from_html", "from_tree"]


def from_html(html: str, base: str = "") -> Rich:
    """Read a fragment or a page of HTML; `base` is what relative addresses are relative to."""
    # A target meets each tag in turn: no tree, and no depth at which it would end.
    target: Any = Builder(base)
    parser: Any = etree.HTMLParser(target=target, huge_tree=True)
    parser.feed(cleaned(html))
    try:
        rich: Rich = parser.close()
    except etree.XMLSyntaxError:
        # There is nothing in it.
        return Rich("")
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
