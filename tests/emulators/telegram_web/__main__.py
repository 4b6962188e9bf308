"""Run it: python -m tests.emulators.telegram_web FOLDER; it serves an export as t.me would, and prints its port.

The export is read anew for each request: what changes there has been edited, added or deleted in the channel.
"""

from __future__ import annotations

import argparse
import threading

from tests.emulators.telegram_web.channel import Channel
from tests.emulators.telegram_web.server import TelegramWeb


class Followed(TelegramWeb):
    """A server whose channel is what its export says by now."""

    folder = ""

    def answer(self, path):
        """Read the export, then answer."""
        channel = Channel.of(self.folder)
        channel.base = self.base
        self.channels = {channel.name: channel}
        return super().answer(path)


parser = argparse.ArgumentParser()
parser.add_argument("folder")
arguments = parser.parse_args()
web = Followed()
web.folder = arguments.folder
print(web.port, flush=True)
threading.Event().wait()
