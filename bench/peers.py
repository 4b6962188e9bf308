"""Peers: what others use for the same work, as PyPI has them, in an environment of their own."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

PACKAGES = (
    "dlt==1.31.0",
    "sqlalchemy<2.1",
    "psycopg2-binary",
    "orjson",
    "setuptools<81",
    "tg-archive==1.3.1",
    "feedparser==6.0.12",
)


def python(folder: Path) -> Path | None:
    """Return the Python of the peers' environment, made where there is none yet; None where it cannot be made."""
    done = folder / "done"
    if not done.exists() or done.read_text(encoding="ascii") != " ".join(PACKAGES):
        venv.create(folder, with_pip=True, clear=True)
        install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *PACKAGES]
        if subprocess.run(install, check=False).returncode:
            print("the peers could not be installed: measuring without them", file=sys.stderr)
            return None
        done.write_text(" ".join(PACKAGES), encoding="ascii")
    return folder / "bin" / "python"
