"""What the documents tell people to type is what the programs take."""

from __future__ import annotations

import re

import pytest

from docs.command_lines import files
from tasks.cli import INTERRUPTED
from tasks.summary import COME_BACK
from tests.docs.checking import code_variables, problems
from tests.docs.reading import Span, documents, spans
from tests.exports import ROOT

DOCUMENTS = documents()


@pytest.mark.parametrize("page", DOCUMENTS)
def test_every_command_is_one(page):
    """Each flow, option, parameter, deployment, extra, marker, variable and path in a document is there."""
    found = [
        f"{span.where}: {problem}: {span.text}" for span in spans(page, DOCUMENTS[page]) for problem in problems(span)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("python flows/telegram_export_to_vk.py --comunity 123", "--comunity"),
        ("python flows/telegram_export_to_vkontakte.py", "no flows/telegram_export_to_vkontakte.py"),
        ("python flows/telegram_export_to_webhook.py --name blog", "--url"),
        ("python flows/telegram_export_to_local.py --limit few", "few"),
        ("python flows/telegram_export_to_local.py --edits never", "never"),
        ("python flows/telegram_export_to_local.py --since yesterday", "yesterday"),
        ("python flows/dead_letters.py revive", "revive"),
        ("python flows/dead_letters.py adopt KEY", "--remote-id"),
        ("python bench/first_seconds.py --no-such", "--no-such"),
        ("python -m tests.swept", "tests.swept"),
        ("prefect deployment run telegram-export-to-local/nightly", "telegram-export-to-local/nightly"),
        ("prefect deployment run telegram-export-to-local/default --param archiv=/srv", "archiv"),
        ("prefect deployment run telegram-export-to-local/default --param limit=few", "limit"),
        ("prefect deployment run telegram-export-to-webhook/default --param name=blog", "url"),
        ("prefect worker start --pol syndicate", "--pol"),
        ("prefect work-pol create syndicate", "work-pol"),
        ("FOO=1 prefect worker beginn", "beginn"),
        ("pip install -e . && pip install -e '.[vk,youtub]'", "youtub"),
        ("pytest -m longer", "longer"),
        ("pytest tests/flow", "tests/flow"),
        ("export SYNDICATE_DATABASE=sqlite:///x.db", "SYNDICATE_DATABASE"),
        ("PREFECT_API_URI=http://127.0.0.1 prefect worker start --pool syndicate", "PREFECT_API_URI"),
    ],
)
def test_a_stale_command_is_found(typed, said):
    """Each kind of mistake is found, and named."""
    found = problems(Span("here", typed, block=True))
    assert any(said in one for one in found), found


@pytest.mark.parametrize("code", ["--no-such", "tests/nowhere", "SYNDICATE_NOWHERE", "python flows/nowhere.py"])
def test_stale_code_in_a_text_is_found(code):
    """An option, a path, a variable or a flow that is not there is found in the text too."""
    assert len(problems(Span("here", code, block=False))) == 1


def test_a_part_of_a_command_may_leave_out_what_it_needs():
    """In the text a command need not be whole; in a block it says so by an ellipsis."""
    typed = "python flows/telegram_export_to_webhook.py --name blog"
    assert problems(Span("here", typed, block=False)) == []
    assert problems(Span("here", f"{typed} …", block=True)) == []


def test_blocks_are_read_line_by_line():
    """Lines that go on, prompts, comments and several commands on a line are read as a shell does."""
    text = "```sh\n$ python a.py \\\n  --b  # why\n\n# a comment\nx && y\n```\n`z`\n"
    assert [(one.where, one.text, one.block) for one in spans("p", text)] == [
        ("p:2", "python a.py   --b  # why", True),
        ("p:6", "x && y", True),
        ("p:8", "z", False),
    ]


@pytest.mark.parametrize("page", ["README.md", "README.ru.md"])
def test_the_pairs_are_those_that_are_there(page):
    """The table of pairs names each pair, and no other."""
    table = [line.strip("| ").split("|") for line in DOCUMENTS[page].splitlines() if line.startswith("|")]
    head = next(row for row in table if "↓" in row[0])
    places = ["".join(re.findall(r"`(\w+)`", cell)) for cell in head[1:]]
    named = set()
    for row in table[table.index(head) + 2 :]:
        source = re.findall(r"`(\w+)`", row[0])
        if not source:
            break
        named |= {f"{source[0]}_to_{place}" for place, cell in zip(places, row[1:], strict=False) if cell.strip()}
    assert named == {name for name in files() if "_to_" in name}


@pytest.mark.parametrize("page", ["README.md", "README.ru.md", "docs/running.md"])
def test_exit_codes_are_those_that_are_returned(page):
    """The tables of exit codes name every code, and no other."""
    codes = {int(found) for found in re.findall(r"^\| (\d+) \|", DOCUMENTS[page], re.MULTILINE)}
    assert codes == {0, 1, 2, COME_BACK, INTERRUPTED}


def test_every_variable_is_told():
    """What the pack reads from the environment stands in the settings' table."""
    told = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [one for one in sorted(code_variables()) if f"`{one}`" not in told] == []
