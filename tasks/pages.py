"""Pages: what Prefect's UI shows of a run, as Markdown and tables; bounded, and proof against what strangers wrote."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from adapters.contracts.jobs import Job, State
from tasks.charts import chart
from tasks.summary import LISTED, Preview, Summary, largest

LONGEST = 500
"""Letters of a cell or a line: a far side's answer may be a page."""
LONGEST_ADDRESS = 2_000
LONGEST_PREVIEW = 4_000
KINDS = 50
"""Of losses, and of other things that are said: the page shows so many."""


def summary_page(summary: Summary) -> str:
    """Return the summary as Markdown for Prefect's artifact page."""
    lines = [f"## {inline(summary.line)}", "", "| | items | |", "|---|---:|---|"]
    lines += [f"| {name} | {number:,} | {inline(more)} |" for name, number, more in summary.rows()]
    lines += _said("Error", summary.errors) + _said("Note", summary.warnings)
    if summary.losses:
        told = largest(summary.losses)
        lines += ["\n### Lost on the way", "", "| what | items |", "|---|---:|"]
        lines += [f"| {inline(loss)} | {number:,} |" for loss, number in told[:KINDS]]
        lines += [f"| … and {len(told) - KINDS:,} more kinds | |"] if len(told) > KINDS else []
    if summary.place:
        lines += [f"\n**Where:** {code(summary.place)}"]
    if summary.next_step:
        lines += [f"\n**Next:** {inline(summary.next_step)}"]
    if summary.past:
        lines += ["\n### The pair's last runs\n", chart(summary.past)]
    for one in summary.previews:
        lines += _preview(one)
    return "\n".join(lines)


def _said(what: str, texts: Sequence[str]) -> list[str]:
    """Return lines of one kind."""
    more = [f"\n… and {len(texts) - KINDS:,} more"] if len(texts) > KINDS else []
    return [*(f"\n**{what}:** {inline(text)}" for text in texts[:KINDS]), *more]


def _preview(one: Preview) -> list[str]:
    """Return how an item would look, and what it would lose."""
    body = one.body if len(one.body) <= LONGEST_PREVIEW else f"{one.body[:LONGEST_PREVIEW]}\n…"
    shown = f"\n#### {one.action} {inline(one.item)}\n\n{_fenced(body)}"
    return [shown, *(f"\n- lost: {inline(loss)}" for loss in one.losses[:KINDS])]


def delivered_page(summary: Summary) -> str:
    """Return what was delivered as Markdown, with links; Prefect's tables have none."""
    linked = any(one.url for one in summary.deliveries)
    lines = ["| item | what | where | when (UTC) |", "|---|---|---|---|"]
    for one in summary.deliveries:
        where = f"[open](<{_address(one.url)}>)" if _address(one.url) else ""
        lines.append(f"| {inline(one.item)} | {one.action} | {where} | {one.at:%Y-%m-%d %H:%M:%S} |")
    rest = summary.delivered - len(summary.deliveries)
    lines += [f"\n… and {rest:,} more"] if rest > 0 else []
    lines += [f"\nAll in {code(summary.place)}"] if summary.place and not linked else []
    return "\n".join(lines)


def dead_letter_rows(jobs: Sequence[Job]) -> list[dict[str, str]]:
    """Return dead letters as rows of a table: what, why, and what to do."""
    return [
        {
            "item": short(job.item_id),
            "action": str(job.action),
            "reason": str(job.reason or ""),
            "next": advice(job),
            "why": short(job.failures[-1].message) if job.failures else "",
            "text": (job.item.text[:80] if job.item else ""),
            "command": command(job),
            "key": job.key,
        }
        for job in jobs
    ]


def listed(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return as many rows as a page shows; a table of all could be tens of megabytes."""
    return list(rows[:LISTED])


def advice(job: Job) -> str:
    """Say how a dead letter is got out of the way."""
    if job.state is not State.FAILED:
        return f"nothing: it is {job.outcome or job.state}"
    if job.unreadable is not None:
        return "mend the source and run the pair again, or skip"
    if job.reason == "unknown":
        return "look at the destination: adopt if it is there, redrive --reason unknown if not"
    return "mend the cause, then redrive; or skip"


def command(job: Job) -> str:
    """Return the command of the next step, to be copied; empty where there is none."""
    tool, key = "python flows/dead_letters.py", shlex.quote(job.key)
    if job.state is not State.FAILED:
        return ""
    if job.unreadable is not None:
        return f"{tool} skip --key {key}"
    if job.reason == "unknown":
        return f"{tool} adopt {key} --remote-id ID"
    return f"{tool} redrive --key {key}"


def short(text: str, longest: int = LONGEST) -> str:
    """Return text that is not too long for a cell."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def _line(text: str, longest: int) -> str:
    """Return text on one line, not too long; of a very long one only the beginning is looked at."""
    return short(" ".join(text[: 2 * longest].split()), longest)


def inline(text: str) -> str:
    """Return text that Markdown takes for nothing but text, on one line of a table; no address becomes a link."""
    told = re.sub(r"([\\`*_{}\[\]<>#|~!&@])", r"\\\1", _line(text, LONGEST))
    return re.sub(r"(?i)(https?|ftp)://|\bwww\.", lambda found: found[0].replace(":", r"\:").replace(".", r"\."), told)


def code(text: str) -> str:
    """Return text as code in a line, which no backtick of its own can end."""
    told = _line(text, LONGEST_ADDRESS)
    ticks = "`" * (max((len(run) for run in re.findall("`+", told)), default=0) + 1)
    return f"{ticks} {told} {ticks}" if "`" in told else f"`{told}`"


def _address(url: str) -> str:
    """Return an address that cannot end its own link; empty for one that is none, or too long to be one."""
    if len(url) > LONGEST_ADDRESS or urlsplit(url).scheme not in {"http", "https"}:
        return ""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._")


def _fenced(text: str) -> str:
    """Return text as a Markdown block of code that its own content cannot end."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{text}\n{fence}"
