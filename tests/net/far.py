"""A far server that answers as it is told, over real sockets, whatever address it is asked for by."""

from __future__ import annotations

import socket
import threading

import httpcore

PUBLIC = "93.184.216.34"


class Far:
    """Answers each request by what `pages` has for its path: bytes as they go over the wire, or a function of both."""

    def __init__(self):
        self.pages = {}
        self.requests = []
        """The heads of requests."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def asked(self, name):
        """Return what each request had in a header; None where it had none."""
        lines = [dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line) for head in self.requests]
        return [{key.lower(): value for key, value in line.items()}.get(name) for line in lines]

    def stop(self):
        self._listener.close()

    def _run(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(10)
        try:
            with connection:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += (more := connection.recv(65536))
                    if not more:
                        return
                self.requests.append(head.decode("latin-1"))
                page = self.pages[head.split()[1].decode()]
                if callable(page):
                    page(connection, self.requests[-1])
                else:
                    connection.sendall(page)
        except OSError:
            return


class Elsewhere(httpcore.SyncBackend):
    """Sockets that lead to the far server, and what they were to be connected to."""

    def __init__(self, far):
        self.far = far
        self.connected = []
        self.dead = set()
        """Addresses that refuse."""

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.connected.append((host, port))
        if host in self.dead:
            raise httpcore.ConnectError("refused")
        return super().connect_tcp("127.0.0.1", self.far.port, timeout, local_address, socket_options)


def answer(body=b"", *headers, status="200 OK"):
    """Write an answer that closes its connection."""
    lines = [f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(body, *headers):
    """Write an answer that does not say its size."""
    head = "\r\n".join(["HTTP/1.1 200 OK", "Connection: close", "Transfer-Encoding: chunked", *headers, "", ""])
    return head.encode() + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
