"""Publish an archive on a VK wall."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.vk import Vk
from tasks.sources.local import Archive


@flow(name="local-to-vk")
def local_to_vk(source: Archive, place: Vk, options: PublishOptions) -> Ended:
    """Publish an archive that the pack has made earlier on the wall of a VK community or user.

    What the archive's first source has already sent there is not sent again. The first run sends nothing that is older
    than itself, unless from_beginning or since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(local_to_vk)
