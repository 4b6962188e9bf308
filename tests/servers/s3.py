"""S3-compatible services for tests, each a process of its own on 127.0.0.1: moto keeps conditions, rclone does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import obstore
from obstore.store import S3Store

from tests.servers.postgres import _free_port as free_port

KEY, SECRET = "an-id", "a-secret-of-a-bucket"
BUCKET = "channel"


class Bucket:
    """A service with one bucket."""

    def __init__(self, command: list[str], port: int, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log = (folder / f"s3-{port}.log").open("w")
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, cwd=folder)
        config: Any = {"endpoint": self.url, "region": "us-east-1", "access_key_id": KEY, "secret_access_key": SECRET}
        config["virtual_hosted_style_request"] = False
        self.store = S3Store(BUCKET, config=config, client_options={"allow_http": True})

    def wait(self, ready) -> None:
        """Wait until the service does what is asked of it."""
        deadline = time.monotonic() + 60
        while True:
            try:
                ready()
            except Exception:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def files(self, prefix: str) -> dict[str, bytes]:
        """Return everything that lies under a prefix."""
        names = [meta["path"] for page in obstore.list(self.store, prefix) for meta in page]
        return {name.removeprefix(f"{prefix}/"): bytes(obstore.get(self.store, name).bytes()) for name in names}

    def stop(self) -> None:
        """End the service."""
        self._process.terminate()
        self._process.wait()
        self._log.close()


def moto(folder: Path) -> Bucket:
    """Start moto's server and make the bucket."""
    import boto3  # noqa: PLC0415 - moto brings it; nothing else here needs a second client

    port = free_port()
    program = Path(sys.executable).with_name("moto_server")
    running = Bucket([str(program), "-H", "127.0.0.1", "-p", str(port)], port, folder)
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
    running.wait(lambda: boto3.client("s3", endpoint_url=running.url, **keys).create_bucket(Bucket=BUCKET))
    return running


def rclone(folder: Path) -> Bucket:
    """Start rclone's server; its buckets are folders."""
    port = free_port()
    root = folder / "buckets"
    (root / BUCKET).mkdir(parents=True)
    program = shutil.which("rclone") or str(Path(sys.executable).with_name("rclone"))
    auth = f"{KEY},{SECRET}"
    command = [program, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", auth, str(root)]
    running = Bucket([*command, "--config", "/dev/null"], port, folder)
    running.wait(lambda: list(obstore.list(running.store)))
    return running
