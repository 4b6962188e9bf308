"""Publish a feed on a VK wall."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.vk import Vk
from tasks.sources.rss import Rss


@flow(name="rss-to-vk")
def rss_to_vk(source: Rss, place: Vk, options: PublishOptions) -> Ended:
    """Publish a feed on a VK wall.

    Run it as often as you like: a feed that has not changed costs one small request. The first run sends nothing that
    is older than itself, unless from_beginning or since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(rss_to_vk)
