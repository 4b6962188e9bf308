"""The publishing suite on the chat adapter with the fault that PLANTED_FAULT names; without one, on the sound one."""

import os

from examples.chat.adapter import ChatDestination
from examples.chat.test_chat import TestChat as Chat
from tests.conformance.planted.publishing import FAULTS


class TestPlanted(Chat):
    """The chat service behind a faulty adapter."""

    adapter = FAULTS.get(os.environ["PLANTED_FAULT"], ChatDestination)


del Chat
