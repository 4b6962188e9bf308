"""Runs a program whose Telethon takes the emulator for Telegram, also where it has no session yet.

python -m tests.servers.telegram PORT PROGRAM ARGUMENTS…

A program that is given `account.session()` needs this only for files in other data centres.
"""

from __future__ import annotations

import runpy
import sys

from telethon.client import telegrambaseclient

from tests.emulators.telegram.crypto import trust
from tests.emulators.telegram.files import HOME


def main() -> None:
    """Run it."""
    port, program = sys.argv[1:3]
    trust()
    telegrambaseclient.DEFAULT_DC_ID = HOME
    telegrambaseclient.DEFAULT_IPV4_IP = "127.0.0.1"
    telegrambaseclient.DEFAULT_PORT = int(port)
    sys.argv = sys.argv[2:]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
