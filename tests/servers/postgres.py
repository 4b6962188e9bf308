"""A private PostgreSQL cluster for tests: made in a folder, heard on 127.0.0.1 alone, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex


class NoPostgres(Exception):
    """This machine has no PostgreSQL server to start."""


def start(folder: Path) -> tuple[str, Callable[[], None]]:
    """Start a cluster in an empty folder; returns its URL and what stops it, or raises NoPostgres."""
    programs = _programs()
    data, sockets, secret = folder / "data", folder / "socket", folder / "password"
    sockets.mkdir()
    password = token_hex()
    secret.write_text(password)
    _own(folder)
    _run(
        programs / "initdb", "-D", data, "-U", "tester", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "-N"
    )
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={sockets} -c max_connections=60"
    control = (programs / "pg_ctl", "-D", data, "-w")
    _run(*control, "-l", folder / "log", "-o", options, "start")
    return f"postgresql://tester:{password}@127.0.0.1:{port}/postgres", lambda: _run(
        *control, "-m", "immediate", "stop"
    )


class Cluster:
    """A cluster of a test's own, to be restarted."""

    def __init__(self) -> None:
        # Not pytest's own folder: its name is too long for a socket's.
        self._folder = Path(tempfile.mkdtemp(prefix="pg"))
        self.url, self._stop = start(self._folder)

    def restart(self) -> None:
        """Crash the server and start it again, on the same port."""
        control = (_programs() / "pg_ctl", "-D", self._folder / "data", "-w", "-m", "immediate", "-l")
        _run(*control, self._folder / "log", "restart")

    def stop(self) -> None:
        """End it and leave nothing."""
        self._stop()
        shutil.rmtree(self._folder)


def _programs() -> Path:
    """Return the folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).parent
    raise NoPostgres("no initdb in /usr/lib/postgresql/*/bin nor on the PATH: apt install postgresql")


def _free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _own(folder: Path) -> None:
    """Give a folder to the user that the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return
    user = pwd.getpwnam("postgres")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    for parent in folder.parents:
        # pytest's folders are closed to others; passing through is all the server needs.
        if parent.stat().st_uid == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)


def _run(*command: object) -> None:
    """Run a program of the server's; what it says is shown when it fails."""
    become = []
    if os.geteuid() == 0:
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    # Without a file of its own the server would keep our pipe open and we would wait for it for ever.
    done = subprocess.run(
        [*become, *map(str, command)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}")
