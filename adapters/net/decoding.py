"""Content encodings, undone in small pieces, so that a bomb is stopped by its first."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from adapters.contracts.errors import Transient
from adapters.net.addresses import Refused

BLOCK = 1 << 16


def decoded(raw: Iterator[bytes], encoding: str, where: str) -> Iterator[bytes]:
    """Undo one layer of gzip or deflate in pieces of at most a block: a bomb is stopped by its first pieces."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        yield from raw
        return
    if name not in {"gzip", "x-gzip", "deflate"}:
        raise Refused(f"{where}: it answers in the encoding {name[:40]!r}, which was not asked for")
    try:
        yield from _inflated(raw, where)
    except zlib.error as error:
        raise Transient(f"{where}: its answer is no {name}") from error


def _inflated(raw: Iterator[bytes], where: str) -> Iterator[bytes]:
    """Yield what compressed bytes hold; several gzip members in a row are one file (RFC 1952)."""
    engine = None
    for block in raw:
        left = block
        while left:
            if engine is None or engine.eof:
                # Some servers send deflate without its header, against RFC 9110, 8.4.1.2.
                engine = zlib.decompressobj(47 if left[0] in {0x1F, 0x78} else -zlib.MAX_WBITS)
            yield engine.decompress(left, BLOCK)
            left = engine.unconsumed_tail or engine.unused_data
    while engine is not None and not engine.eof:
        piece = engine.decompress(b"", BLOCK)
        if not piece:
            raise Transient(f"{where}: its answer breaks off")
        yield piece
