"""State has an identity: a publishing pair stops when its records are not those it was run with before.

Two witnesses remember the birth id of a pair's store: a Prefect Variable, for everyone who shares a Prefect server,
and a file of this user's own, which survives another or a deleted `PREFECT_HOME`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs
from prefect.variables import Variable

from adapters.contracts.errors import StateLost

PREFIX = "syndicate_"
"""How the names of both witnesses begin."""
WITNESS = "SYNDICATE_WITNESS"
"""Names the witness file's folder; for tests and for people with several lives."""


def check_identity(pair: str, source_id: str, destination_id: str, birth_id: str, place: str, *, new: bool) -> None:
    """Compare the store with the one this pair was run with, and remember it; raises StateLost.

    `new` says that a person wants to begin anew with this store.
    """
    name = PREFIX + hashlib.sha256(f"{source_id}|{destination_id}".encode()).hexdigest()[:24]
    file = _folder() / f"{name}.json"
    entry = {"pair": pair, "source": source_id, "destination": destination_id, "birth": birth_id, "store": place}
    if not new:
        for witness in (_variable(name), _file(file)):
            refuse_another(witness, entry)
    if _variable(name) != entry:
        Variable.set(name, json.dumps(entry), overwrite=True)
    if _file(file) != entry:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        temporary.write_text(json.dumps(entry), encoding="utf-8")
        temporary.replace(file)


def entries() -> list[dict[str, str]]:
    """Return what this user's folder remembers of every pair."""
    found = [_file(path) for path in sorted(_folder().glob(f"{PREFIX}*.json"))]
    return [one for one in found if "birth" in one]


def _folder() -> Path:
    """Return this user's own witness folder."""
    return Path(os.environ.get(WITNESS) or platformdirs.user_state_dir("prefect-syndicate"))


def refuse_another(witness: Mapping[str, str], entry: Mapping[str, str]) -> None:
    """Raise StateLost when a witness remembers another store than the one an entry names; an empty one says nothing."""
    if witness and witness.get("birth") != entry["birth"]:
        raise StateLost(
            f"{entry['pair']} for {entry['destination']} was run with another job store ({witness.get('store')}) than "
            f"{entry['store']}, which knows nothing of what was sent; nothing is sent. Point SYNDICATE_DATABASE_URL or "
            "PREFECT_HOME back to it, or restore it; if it is lost and you accept that what is still in the "
            "source may be sent again, say --new-store"
        )


def _variable(name: str) -> dict[str, str]:
    """Read the witness that Prefect keeps."""
    value = Variable.get(name, default=None)
    return json.loads(value) if isinstance(value, str) else dict(value or {})


def _file(path: Path) -> dict[str, str]:
    """Read the witness that this user's folder keeps."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}
