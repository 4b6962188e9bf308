"""Every adapter of the pack has a suite, and the kit has what it says."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import adapters.destinations
import adapters.sources
from adapters.conformance.bulk import BulkSuite
from adapters.conformance.publishing import PublishingSuite
from adapters.conformance.sources import SourceSuite
from adapters.conformance.stores import StoreSuite
from adapters.conformance.suite import Suite
from adapters.contracts.errors import RateLimited
from adapters.contracts.ports import Grade
from tests.exports import ROOT


def adapters_of(package):
    """Return the adapter classes that a package's modules define: what has a `service` of its own."""
    for module in pkgutil.iter_modules(package.__path__):
        found = importlib.import_module(f"{package.__name__}.{module.name}")
        for _, thing in inspect.getmembers(found, inspect.isclass):
            if isinstance(getattr(thing, "service", None), str) and thing.__module__.startswith(found.__name__):
                yield thing


def suites():
    """Return all suites that tests/conformance has."""
    for file in sorted((ROOT / "tests" / "conformance").glob("test_*.py")):
        module = importlib.import_module(f"tests.conformance.{file.stem}")
        for name, thing in inspect.getmembers(module, inspect.isclass):
            if name.startswith("Test") and issubclass(thing, Suite):
                yield thing


@pytest.mark.parametrize("adapter", [*adapters_of(adapters.sources), *adapters_of(adapters.destinations)])
def test_every_adapter_has_a_suite(adapter):
    """An adapter without one is not part of the pack."""
    assert [suite for suite in suites() if suite.adapter is adapter]


def test_adapters_are_found():
    """The search above finds what it is to find."""
    names = {
        adapter.__name__ for package in (adapters.sources, adapters.destinations) for adapter in adapters_of(package)
    }
    assert {"TelegramExportSource", "LocalDestination", "WebhookDestination"} <= names


def test_the_kit_has_at_least_sixty_checks():
    """Distinct ones, parameters not counted."""
    found = {
        name for suite in (PublishingSuite, BulkSuite, SourceSuite) for name in dir(suite) if name.startswith("test_")
    }
    assert len(found) >= 60
    assert [name for name in dir(StoreSuite) if name.startswith("test_")]


def test_a_waiver_needs_a_reason_and_a_check():
    """What is waived is written down, and stands for something."""
    with pytest.raises(TypeError, match="without a reason"):
        type("Careless", (PublishingSuite,), {"waivers": {"test_closing_twice_is_no_error": "no"}})
    with pytest.raises(TypeError, match="no check"):
        type("Wrong", (PublishingSuite,), {"waivers": {"test_nothing": "a reason that is long enough"}})


def test_checks_are_chosen_by_what_is_declared():
    """What does not apply is not there, rather than skipped."""
    declared = {"adapter": object, "grade": Grade.HOLDS, "carries_media": False}
    holds = type("Holds", (PublishingSuite,), declared)
    assert holds.test_a_second_before_its_key_is_forgotten is None
    assert holds.test_an_album_arrives_whole_and_in_order is None
    assert holds.test_a_post_arrives_once_and_whole is not None


@pytest.mark.parametrize(("holds", "outcome"), [(False, "1 xfailed"), (True, "1 failed")])
def test_a_waived_check_may_fail_and_must_not_pass(tmp_path, holds, outcome):
    """A waiver covers a failure; once the check passes, the waiver itself is the fault."""
    file = tmp_path / "test_waived.py"
    file.write_text(
        "from adapters.conformance.suite import Suite\n"
        "class TestWaived(Suite):\n"
        "    waivers = {'test_it': 'the service has no such thing at all'}\n"
        f"    def test_it(self): assert {holds}\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in ran.stdout


def test_a_suite_tries_answers_of_each_class():
    """A service that says no in its own way is tried with as many kinds of no."""
    few = {name: one for name, one in PublishingSuite.statuses.items() if one[1] is not RateLimited}
    with pytest.raises(TypeError, match="RateLimited"):
        type("TestFew", (PublishingSuite,), {"statuses": few})
