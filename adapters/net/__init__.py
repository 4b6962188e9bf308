"""Reads from the net what somebody else has written the address of: public addresses alone, within size and time."""

from adapters.net.addresses import Reach, Refused
from adapters.net.exchange import Answer, Bounds
from adapters.net.reading import Net

__all__ = ["Answer", "Bounds", "Net", "Reach", "Refused"]
