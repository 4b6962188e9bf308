"""Publish a WordPress site on a VK wall."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.vk import Vk
from tasks.sources.wordpress import WordPress


@flow(name="wordpress-to-vk")
def wordpress_to_vk(source: WordPress, place: Vk, options: PublishOptions) -> Ended:
    """Publish a WordPress site on the wall of a VK community or user.

    The first run sends nothing that is older than itself, unless from_beginning or since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(wordpress_to_vk)
