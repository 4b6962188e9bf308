"""Destination: a YouTube channel, each item with a video as one video, by uploads that go on where they stopped."""

from adapters.destinations.youtube.channel import channels_of as channels_of
from adapters.destinations.youtube.destination import YouTubeDestination as YouTubeDestination
from adapters.destinations.youtube.oauth import SignIn as SignIn
from adapters.destinations.youtube.settings import Addresses as Addresses
from adapters.destinations.youtube.settings import Credentials as Credentials
from adapters.destinations.youtube.settings import YouTubeSettings as YouTubeSettings

__all__ = ["Addresses", "Credentials", "SignIn", "YouTubeDestination", "YouTubeSettings", "channels_of"]
