"""Pages: what Prefect's UI shows of a run, as Markdown and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from adapters.contracts.jobs import Job, State
from tasks.summary import Summary, largest


def summary_page(summary: Summary) -> str:
    """Return the summary as Markdown for Prefect's artifact page."""
    lines = [f"## {_inline(summary.line)}", "", "| | items | |", "|---|---:|---|"]
    lines += [f"| {name} | {number:,} | {_inline(more)} |" for name, number, more in summary.rows()]
    lines += [f"\n**Error:** {_inline(text)}" for text in summary.errors]
    lines += [f"\n**Note:** {_inline(text)}" for text in summary.warnings]
    if summary.losses:
        lines += ["\n### Lost on the way", "", "| what | items |", "|---|---:|"]
        lines += [f"| {_inline(loss)} | {number:,} |" for loss, number in largest(summary.losses)]
    if summary.place:
        lines += [f"\n**Where:** `{summary.place}`"]
    if summary.next_step:
        lines += [f"\n**Next:** {_inline(summary.next_step)}"]
    for one in summary.previews:
        lines += [f"\n#### {one.action} {_inline(one.item)}\n\n{_fenced(one.body)}"]
        lines += [f"\n- lost: {_inline(loss)}" for loss in one.losses]
    return "\n".join(lines)


def delivered_page(summary: Summary) -> str:
    """Return the receipts as Markdown, with links; Prefect's tables have none."""
    lines = ["| item | what | where | when (UTC) |", "|---|---|---|---|"]
    for one in summary.deliveries:
        where = f"[open](<{_address(one.url)}>)" if one.url else ""
        lines.append(f"| {_inline(one.item)} | {one.action} | {where} | {one.at:%Y-%m-%d %H:%M:%S} |")
    rest = summary.delivered - len(summary.deliveries)
    return "\n".join([*lines, *([f"\n… and {rest:,} more"] if rest > 0 else [])])


def dead_letter_rows(jobs: Sequence[Job]) -> list[dict[str, str]]:
    """Return dead letters as rows of a table: what, why, and what to do."""
    return [
        {
            "item": job.item_id,
            "action": str(job.action),
            "reason": str(job.reason or ""),
            "next": advice(job),
            "why": job.failures[-1].message if job.failures else "",
            "text": (job.item.text[:80] if job.item else ""),
            "key": job.key,
        }
        for job in jobs
    ]


def advice(job: Job) -> str:
    """Say how a dead letter is got out of the way."""
    if job.state is not State.FAILED:
        return f"nothing: it is {job.outcome or job.state}"
    if job.unreadable is not None:
        return "mend the source and run the pair again, or skip"
    if job.reason == "unknown":
        return "look at the destination: adopt if it is there, redrive --reason unknown if not"
    return "mend the cause, then redrive; or skip"


def _inline(text: str) -> str:
    """Return text that Markdown takes for nothing but text, on one line of a table."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _address(url: str) -> str:
    """Return an address that cannot end its own link."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~-._") if urlsplit(url).scheme in {"http", "https"} else ""


def _fenced(text: str) -> str:
    """Return text as a Markdown block of code that its own content cannot end."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{text}\n{fence}"
