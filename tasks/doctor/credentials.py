"""Credentials: blocks that are named and missing, and what each set of secrets can do, asked of its service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from adapters.contracts.errors import ConfigurationError, SyndicateError, Transient
from adapters.contracts.standing import Standing
from tasks.blocks import BLOCKS, TelegramCredentials
from tasks.blocks.credentials import Credentials
from tasks.credentials import block_or_none
from tasks.doctor.case import Case
from tasks.doctor.finding import Finding, ok, warn, wrong
from tasks.places import reopen
from tasks.sources.telegram import kept, path_of

SECRET, CONNECTOR = "secret", "sqlalchemy-connector"
OLDER = ("token_block", "secret_block", "credentials_block", "session_block", "password_block", "feed_url_block")
"""Options that name a Secret block."""
MENDS = {
    "telegram": "python flows/sign_in.py telegram --block {name}",
    "youtube": "python flows/sign_in.py youtube --block {name}",
    "vk": "get a token as docs/credentials.md#vk says, then fill in the block, or export VK_ACCESS_TOKEN=…",
    "wordpress": "make an application password as docs/credentials.md#wordpress says, then fill it in",
    "webhook": "docs/credentials.md#webhook says what a signing secret is",
    "s3": "check key, endpoint and rights as docs/credentials.md#s3 says",
}
"""What a person does, by service."""


def check_named_blocks(case: Case) -> Iterator[Finding]:
    """See that each block that a deployment, a schedule or a pair names is there."""
    if case.client is None:
        return
    there: dict[str, set[str]] = {}
    missing = 0
    for who, slug, name in sorted(set(_named(case))):
        if slug not in there:
            there[slug] = _names(case.client, slug)
        if name not in there[slug]:
            missing += 1
            yield wrong(
                "blocks",
                f"{who} names the block {slug}/{name}, and there is none",
                "its runs stop before they begin",
                f"{_register(slug)}prefect block create {slug}   # opens the form: call it {name}",
            )
    if not missing:
        yield ok("blocks", "all that are named are there")


def check_credentials(case: Case) -> Iterator[Finding]:
    """Ask each service about the secrets that are set: in the environment, in a file, in blocks."""
    found = 0
    for kind in BLOCKS:
        for where, name, get in _sets(case, kind):
            found += 1
            yield _asked(case, f"{kind.service} credentials", where, name, get)
    if not found:
        yield ok("credentials", "none are set: pairs that need none run")


def check_pairs(case: Case) -> Iterator[Finding]:
    """Let each publishing pair that has run before prove what it proves before it sends."""
    for pair in case.pairs:
        name = f"{pair.source_id} → {pair.destination_id}"
        if case.client is None and any(option.endswith("_block") and pair.settings[option] for option in pair.settings):
            away = "Prefect's server, which keeps its block, is away"
            yield warn("pairs", f"{name} was not tried", away, "mend the server first")
            continue
        try:
            place = reopen(pair)
            if hasattr(place, "open"):
                continue
            try:
                place.check()
            finally:
                place.close()
        except Transient as error:
            yield warn(
                "pairs", f"{name}: could not be asked now", str(error), "python flows/doctor.py   # again, later"
            )
        except SyndicateError as error:
            yield wrong("pairs", f"{name} cannot publish", str(error), _mend(pair.service, "NAME"))
        else:
            yield ok("pairs", f"{name} may publish")


def _sets(case: Case, kind: type[Credentials]) -> Iterator[tuple[str, str, Callable[[], Credentials | None]]]:
    """Yield where secrets of a kind are, the block's name, and what gets them."""
    try:
        if kind.from_environment() is not None:
            yield "the environment's", "", kind.from_environment
    except ConfigurationError:
        yield "the environment's", "", kind.from_environment
    if kind is TelegramCredentials and path_of("").exists():
        yield f"those in {path_of('')}", "", _of_file
    if case.client is not None:
        for name in sorted(_names(case.client, kind.get_block_type_slug())):
            yield f"block {name}", name, partial(block_or_none, kind, name)


def _of_file() -> Credentials | None:
    """Return the session that signing in has left in its file."""
    login = kept("", "")
    return TelegramCredentials.of(login) if login else None


def _asked(case: Case, check: str, where: str, name: str, get: Callable[[], Credentials | None]) -> Finding:
    """Ask about one set of secrets."""
    service = check.split(" ", 1)[0]
    try:
        found = get()
        if found is None:
            return warn(check, f"{where} are gone", "somebody has just taken them away", "python flows/doctor.py")
        if reason := _unasked(case, found):
            return warn(check, f"{where} are set and were not tried", reason, _mend(service, name))
        told: Standing = found.check()
    except Transient as error:
        return warn(check, f"{where}: could not be asked now", str(error), "python flows/doctor.py   # again, later")
    except SyndicateError as error:
        return wrong(check, f"{where} do not work", str(error), _mend(service, name))
    if told.soon:
        return warn(check, f"{where}: {told.can}", told.soon, _mend(service, name))
    return ok(check, f"{where}: {told.can}")


def _unasked(case: Case, found: Credentials) -> str:
    """Say why a set is not to be asked about, empty where it is."""
    if isinstance(found, TelegramCredentials) and case.store is None:
        return "the job store, which says whether a run is using the session, is not there"
    return found.unasked()


def _mend(service: str, name: str) -> str:
    """Return what a person does about a service's secrets."""
    mend = MENDS.get(service, f"docs/{service}.md")
    return mend.format(name=name) if name else mend.replace(" --block {name}", "")


def _register(slug: str) -> str:
    """Return the command that makes Prefect know our own kinds of blocks, empty for others."""
    ours = {kind.get_block_type_slug() for kind in BLOCKS}
    return "prefect block register -m tasks.blocks && " if slug in ours else ""


def _named(case: Case) -> Iterator[tuple[str, str, str]]:
    """Yield who names which block: its kind's slug, and its name."""
    kinds = {kind.option(): kind.get_block_type_slug() for kind in BLOCKS} | dict.fromkeys(OLDER, SECRET)
    for who, options in case.options():
        for option, slug in kinds.items():
            if options.get(option):
                yield who, slug, str(options[option])
        database = options.get("database")
        if isinstance(database, str) and database and "://" not in database:
            yield who, CONNECTOR, database


def _names(client: SyncPrefectClient, slug: str) -> set[str]:
    """Return the names of the blocks of a kind; their values are not asked for."""
    try:
        found = client.read_block_documents_by_type(slug, include_secrets=False)
    except (ObjectNotFound, PrefectHTTPStatusError):
        # Nobody has registered the kind, so there is none.
        return set()
    return {str(one.name) for one in found if one.name}
