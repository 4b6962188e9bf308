"""A real nginx for tests: serves one folder on 127.0.0.1."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time

from tests.servers.postgres import _free_port as free_port

CONFIG = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  types {{ application/rss+xml xml; text/html html; image/png png; image/jpeg jpg; }}
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


class NoNginx(Exception):
    """This machine has no nginx."""


class Nginx:
    """A running nginx."""

    def __init__(self, folder, root):
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            raise NoNginx("no nginx: apt install nginx-light")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        folder.mkdir()
        # Its workers would run as another user, and pytest's folders are closed to others.
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port, root=root, user=user))
        command = [program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except OSError:
                assert self._process.poll() is None, (folder / "error.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def stop(self):
        """End it."""
        self._process.terminate()
        self._process.wait()
