"""What a flow's file is made with: `flow` for its function, `carry` for its body. Nothing in here waits for Prefect."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tasks.groups import Place, Source, flat, gathered, groups_of
from tasks.options import BulkOptions, one_line

if TYPE_CHECKING:
    from prefect import Flow

Ended = object
"""What a flow's function returns: the Prefect state its run ends in."""


@dataclass(frozen=True)
class Command:
    """A flow before Prefect is there: enough for its command line."""

    name: str
    body: Callable[..., Ended]

    @cached_property
    def function(self) -> Callable[..., Ended]:
        """The body as it is called from outside: each field of its groups an option."""
        return flat(self.body)

    @cached_property
    def flow(self) -> Flow[..., Any]:
        """The flow itself; the first look at it takes seconds."""
        from prefect import flow as prefect_flow

        from tasks.run import guarded

        return prefect_flow(name=self.name)(guarded(self.function))

    def __call__(self, *arguments: Any, **options: Any) -> Ended:
        """Run the flow."""
        return self.flow(*arguments, **options)

    def check(self, arguments: inspect.BoundArguments) -> None:
        """Refuse what no run could work with; raises ConfigurationError."""
        try:
            gathered(groups_of(self.body), arguments.arguments)
        except ValidationError as error:
            raise one_line(error) from None


def flow(name: str) -> Callable[[Callable[..., Ended]], Callable[..., Ended]]:
    """Make a function of option groups a Prefect flow: one signature for command line, form and deployment.

    Importing Prefect takes seconds. Whoever imports the file gets the flow; a file that is run as a script gets the
    command, which makes the flow when its command line has been understood.
    """

    def decorate(body: Callable[..., Ended]) -> Callable[..., Ended]:
        command = Command(name, body)
        return command if body.__module__ == "__main__" else command.flow

    return decorate


def carry(source: Source, place: Place, options: BulkOptions) -> Ended:
    """Run one pair and return the state its flow run ends in; see `tasks.run`."""
    from tasks.run import run_pair

    return run_pair(source.open(), place.open(), place.model_dump(mode="json"), options.options(), options.summary)
