"""Option groups: what a source, a destination and a run take, each told once; a flow's signature is made of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Annotated, Any, TypeVar

from cyclopts import Group as Panel
from cyclopts import Parameter
from pydantic import ConfigDict
from pydantic.fields import FieldInfo

from adapters.contracts.item import Model
from adapters.contracts.ports import BulkDestination, PublishingDestination, SourceAdapter

T = TypeVar("T")


class Group(Model):
    """Options that belong together: each field is one, and the text below a field is its help."""

    model_config = ConfigDict(use_attribute_docstrings=True, validate_default=True, hide_input_in_errors=True)


class Source(Group):
    """Where a pair reads."""

    def open(self) -> SourceAdapter:
        """Return the adapter; nothing connects yet."""
        raise TypeError(f"{type(self).__name__} opens no source")


class Place(Group):
    """Where a pair writes. The pair remembers these options, so that its dead letters can be sent again."""

    def open(self) -> BulkDestination | PublishingDestination:
        """Return the adapter; nothing connects yet."""
        raise TypeError(f"{type(self).__name__} opens no destination")


def flat(body: Callable[..., T]) -> Callable[..., T]:
    """Return a function that takes the fields of `body`'s groups as options of its own, their help in its docstring.

    Raises TypeError for two fields of one name and for a field without help: a mistake in the flow's file.
    """
    given, groups = inspect.signature(body, eval_str=True).parameters, groups_of(body)
    fields = [(field, group) for group in groups.values() for field in group.model_fields]
    names = [*(name for name in given if name not in groups), *(name for name, _ in fields)]
    if len(names) != len(set(names)):
        raise TypeError(f"{body.__name__} has two options of one name among {', '.join(names)}")

    plain = [one for name, one in given.items() if name not in groups]
    panels = {group: Panel(title(group), sort_key=place) for place, group in enumerate(groups.values())}
    signature = inspect.Signature([*plain, *(_parameter(group, name, panels[group]) for name, group in fields)])

    @wraps(body)
    def taking_fields(*arguments: Any, **values: Any) -> T:
        return body(**gathered(groups, signature.bind(*arguments, **values).arguments))

    taking_fields.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
    vars(taking_fields)["__signature__"] = signature
    taking_fields.__doc__ = "\n".join(_documented(body, fields))
    return taking_fields


def groups_of(body: Callable[..., Any]) -> dict[str, type[Group]]:
    """Return those of a function's parameters that are groups."""
    annotated = ((name, one.annotation) for name, one in inspect.signature(body, eval_str=True).parameters.items())
    return {name: kind for name, kind in annotated if inspect.isclass(kind) and issubclass(kind, Group)}


def gathered(groups: dict[str, type[Group]], values: dict[str, Any]) -> dict[str, Any]:
    """Return values with those that are fields put into their groups; raises what a group's validation raises."""
    fields = {field for group in groups.values() for field in group.model_fields}
    made = {
        name: group.model_validate({field: values[field] for field in group.model_fields if field in values})
        for name, group in groups.items()
    }
    return {name: value for name, value in values.items() if name not in fields} | made


def title(group: type[Group]) -> str:
    """Return a group's first line: its heading on a command line."""
    return (inspect.getdoc(group) or "").splitlines()[0].rstrip(".")


def _parameter(group: type[Group], name: str, panel: Panel) -> inspect.Parameter:
    """Return a field as a keyword of a function; a command line shows it in its group's panel."""
    field = group.model_fields[name]
    default = inspect.Parameter.empty if field.is_required() else field.get_default(call_default_factory=True)
    shown = Parameter(group=panel, show_default=bool(default), negative=None if default is True else ())
    annotated: Any = Annotated
    annotation = annotated[field.annotation, *field.metadata, shown]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _documented(body: Callable[..., Any], fields: list[tuple[str, type[Group]]]) -> Iterator[str]:
    """Yield the lines of a docstring that explains every option."""
    text = inspect.getdoc(body) or ""
    yield text
    if "\nArgs:\n" not in text:
        yield "\nArgs:"
    for name, group in fields:
        field: FieldInfo = group.model_fields[name]
        if not field.description:
            raise TypeError(f"{group.__name__}.{name} has no help: write a docstring below it")
        yield f"    {name}: {' '.join(field.description.split())}"
