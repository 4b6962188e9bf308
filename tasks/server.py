"""Prefect's API for a run on this machine: started beside the imports, gone with the run.

Prefect would start it itself, but only once it is imported, and would leave it behind when the run is killed.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO
from urllib.request import urlopen

from adapters.contracts.errors import ConfigurationError

API = "PREFECT_API_URL"
PATIENCE = 180.0
"""Seconds; a first start makes the database: up to a minute on a busy machine."""
QUIET = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "PREFECT_LOGGING_LEVEL": "CRITICAL"}
"""The server's settings, unless somebody has set them."""
TEMPORARY = {"PREFECT_UI_ENABLED": "false", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
"""What Prefect 3.8 gives the server that it starts for a run."""
ASKED_FOR = (API, "PREFECT_PROFILE", "PREFECT_SERVER_EPHEMERAL_ENABLED", "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE")
"""Whoever has set one of these has chosen a server, or none."""


def chosen(environment: Mapping[str, str], folder: Path) -> bool:
    """Say whether somebody may have chosen a server, where Prefect would look; then Prefect finds out which."""
    home = Path(environment.get("PREFECT_HOME") or "~/.prefect").expanduser()
    profiles = Path(environment.get("PREFECT_PROFILES_PATH") or home / "profiles.toml")
    files = {profiles: "PREFECT_", folder / ".env": "PREFECT_", folder / "pyproject.toml": "[tool.prefect"}
    return (
        any(environment.get(name) for name in ASKED_FOR)
        or (folder / "prefect.toml").exists()
        or any(word in _text(file) for file, word in files.items())
    )


def _text(file: Path) -> str:
    """Return a file's text, empty where there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def start_beside() -> Callable[[], None]:
    """Start the server while the rest goes on, to be ended at exit; returns what waits until it answers."""
    if chosen(os.environ, Path.cwd()):
        return lambda: None
    port = _free_port()
    log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
    server = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "tasks.server", str(port)],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        env=QUIET | os.environ | TEMPORARY,
        # Ctrl-C is the run's; the server has to live until the run has noted its end.
        start_new_session=True,
    )
    # Registered before Prefect is imported, so that it comes last: Prefect's own threads still have something to say.
    atexit.register(_stop, server)
    os.environ[API] = f"http://127.0.0.1:{port}/api"
    return lambda: _wait(server, f"{os.environ[API]}/health", log)


def _free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], url: str, log: IO[bytes]) -> None:
    """Return when the server answers; raises ConfigurationError with its last word when it does not."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(url, timeout=PATIENCE):  # noqa: S310 - our own loopback
                return
        except OSError:
            time.sleep(0.05)
    log.seek(0)
    said = log.read().decode(errors="replace").strip().splitlines()
    last = said[-1] if said else f"no answer within {PATIENCE:.0f} s"
    raise ConfigurationError(
        f"Prefect's API did not start: {last}. Look at PREFECT_HOME, or name a server in PREFECT_API_URL"
    )


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server; one that will not is killed."""
    server.terminate()
    try:
        server.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()


def serve(port: int) -> None:
    """Be the server, until told to end or until the run that started it is gone."""
    import uvicorn

    threading.Thread(target=_outlive_nobody, daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
    )


def _outlive_nobody() -> None:
    """End when the pipe from the run closes: however it was ended."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
