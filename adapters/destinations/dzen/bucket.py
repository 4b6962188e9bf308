"""A bucket of an S3-compatible service as the place of a feed; its lock and its fence are conditional writes.

`state/lock` says who writes and until when; the state, and the feed, are replaced only while they are what this run has
read (`If-Match`). Whoever lost the lock therefore writes nothing. A service that ignores conditions is found out at the
start; there the lock is only looked at, and a lock on this machine keeps its own runs apart: see docs/dzen.md.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
import orjson
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from adapters.contracts.errors import ConfigurationError, LeaseLost, SyndicateError, Transient
from adapters.destinations.dzen.storage import ABSENT, PUBLIC, STATE, Storage, Stored

LOCK, PROBE = f"{STATE}/lock", f"{STATE}/probe"
LEASE = 300.0
"""Seconds for which a lock is good without being renewed; a killed run keeps others out for so long."""
LARGEST = 1 << 30
"""Bytes of a file that are read into memory."""
CACHE = {"feed.xml": "no-cache", "preview.html": "no-cache"}
"""What shared caches are told: ask before showing it again; everything else never changes."""
FOR_EVER = "public, max-age=31536000, immutable"
TRIES: dict[str, Any] = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}


class Bucket:
    """A bucket, or a prefix in one."""

    def __init__(self, store: S3Store, where: str, clock: Callable[[], float] = time.time) -> None:
        self._store, self._where, self._clock = store, where, clock
        self._staging: tempfile.TemporaryDirectory[str] | None = None
        self._conditional = False
        """Whether the service has been seen to keep conditions; they are asked for in any case."""
        self._owner = secrets.token_hex(8)
        self._until = 0.0
        self._lock_tag = ABSENT

    @property
    def where(self) -> str:
        """Return `s3://bucket/prefix`."""
        return self._where

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock object, renewed by each write, and give it back at the end."""
        with self._machine_locked():
            self._conditional = self._probe()
            self._take()
            try:
                yield
            finally:
                # Whoever took it meanwhile keeps it.
                with suppress(SyndicateError):
                    self._write_lock(until=0.0)

    def read(self, name: str) -> Stored | None:
        """Read an object."""
        with self._troubles():
            try:
                found = obstore.get(self._store, name)
            except FileNotFoundError:
                return None
            if found.meta["size"] > LARGEST:
                raise ConfigurationError(f"{name} in {self._where} is too large to be ours")
            return Stored(bytes(found.bytes()), found.meta["e_tag"] or "")

    def replace(self, name: str, data: bytes, mime: str, expected: str) -> str:
        """Replace an object while it is the expected one."""
        if name != LOCK:
            self._renew()
        if not self._conditional:
            with self._troubles():
                held = self._tag(name)
            if held != expected:
                raise self._lost()
        attributes = {"Content-Type": mime, "Cache-Control": CACHE.get(name.rpartition("/")[2], "no-store")}
        mode: Any = "create" if expected == ABSENT else {"e_tag": expected}
        with self._troubles():
            try:
                # In one piece: conditions do not hold for uploads in parts everywhere.
                done = obstore.put(self._store, name, data, attributes=attributes, mode=mode, use_multipart=False)
            except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
                # The client sends again when an answer was lost: what is there may be what it sent first.
                there = self.read(name)
                if there is None or there.data != data:
                    raise self._lost() from error
                return there.tag
        return done["e_tag"] or ""

    def staging(self) -> Path:
        """Return a temporary folder."""
        if self._staging is None:
            self._staging = tempfile.TemporaryDirectory(prefix="dzen")
        return Path(self._staging.name)

    def keep(self, staged: Path, name: str, mime: str) -> None:
        """Send a medium; its name is its content, so that one that is there is the same."""
        path = f"{PUBLIC}/{name}"
        with self._troubles():
            if self._tag(path) != ABSENT:
                return
        self._renew()
        with self._troubles():
            obstore.put(self._store, path, staged, attributes={"Content-Type": mime, "Cache-Control": FOR_EVER})

    def close(self) -> None:
        """Remove the temporary folder."""
        if self._staging is not None:
            self._staging.cleanup()
            self._staging = None

    def _probe(self) -> bool:
        """Ask the service whether it keeps conditions: a creation of what is there must fail."""
        with self._troubles():
            obstore.put(self._store, PROBE, b"is a condition kept?", use_multipart=False)
            try:
                obstore.put(self._store, PROBE, b"no", mode="create", use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return True
            return False

    def _take(self) -> None:
        """Take the lock, if it is free or too old; raises Transient when another run has it."""
        there = self.read(LOCK)
        holder = _holder(there)
        left = float(holder.get("until", 0.0)) - self._clock()
        if left > 0:
            raise Transient(f"another run is writing to {self._where}; if it was killed, wait for {left:.0f} seconds")
        self._lock_tag = there.tag if there else ABSENT
        try:
            self._write_lock(until=self._clock() + LEASE)
        except LeaseLost as error:
            raise Transient(f"another run has just begun to write to {self._where}") from error

    def _renew(self) -> None:
        """Renew the lock before much of it is over; raises LeaseLost when somebody else has it."""
        if self._until - self._clock() < LEASE * 2 / 3 and self._lock_tag != ABSENT:
            self._write_lock(until=self._clock() + LEASE)

    def _write_lock(self, until: float) -> None:
        """Write the lock in place of the one that this run has read or written."""
        data = orjson.dumps({"owner": self._owner, "until": until})
        self._lock_tag = self.replace(LOCK, data, "application/json", self._lock_tag)
        self._until = until

    def _tag(self, name: str) -> str:
        """Return an object's tag, ABSENT where there is none."""
        try:
            return obstore.head(self._store, name)["e_tag"] or ""
        except FileNotFoundError:
            return ABSENT

    @contextmanager
    def _machine_locked(self) -> Iterator[None]:
        """Keep runs of this machine apart, for services that keep no conditions."""
        name = f"dzen-{os.getuid()}-{sha256(self._where.encode()).hexdigest()[:32]}.lock"
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(Path(tempfile.gettempdir()) / name, flags, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Transient(f"another run on this machine is writing to {self._where}") from error
            yield
        finally:
            os.close(descriptor)

    def _lost(self) -> LeaseLost:
        return LeaseLost(f"another run has written to {self._where} since this one opened it")

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Turn the client's errors into what their reader shall do; they may hold addresses, never the key."""
        try:
            yield
        except (AlreadyExistsError, PreconditionError):
            raise
        except FileNotFoundError as error:
            raise ConfigurationError(f"there is no {self._where}: make the bucket, or name another --feed") from error
        except BaseError as error:
            raise _trouble(error, self._where) from error


def bucket(place: str, endpoint: str, region: str, key: tuple[str, str] | None) -> Callable[[], Storage]:
    """Return what opens `s3://bucket/prefix`; the key is an id and its secret, else the environment's is taken."""

    def make() -> Storage:
        parts = urlsplit(place)
        if parts.scheme != "s3" or not parts.netloc:
            raise ConfigurationError(f"--feed {place} is no bucket: write s3://bucket/prefix")
        config: dict[str, Any] = {"region": region, "virtual_hosted_style_request": False}
        if endpoint:
            config |= {"endpoint": endpoint}
        if key is not None:
            config |= {"access_key_id": key[0], "secret_access_key": key[1]}
        client: Any = {"allow_http": endpoint.startswith("http://"), "timeout": "60 seconds"}
        prefix = parts.path.strip("/") or None
        store = S3Store(parts.netloc, prefix=prefix, config=config, client_options=client, retry_config=TRIES)  # type: ignore[arg-type]
        return Bucket(store, place.rstrip("/"))

    return make


def _holder(there: Stored | None) -> dict[str, Any]:
    """Return what a lock says; one that cannot be read says nothing, and is replaced."""
    try:
        found = orjson.loads(there.data) if there else {}
        return found if isinstance(found, dict) else {}
    except ValueError:
        return {}


def _trouble(error: BaseError, where: str) -> SyndicateError:
    """Tell what a person must mend from what may pass, by what the service said."""
    said = str(error)
    if any(sign in said for sign in ("403", "401", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")):
        return ConfigurationError(f"{where} does not accept our credentials: check key, secret and rights")
    return Transient(f"{where} cannot be reached or does not answer as it should ({type(error).__name__})")
