"""Carry a VK wall into an archive."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.local import Local
from tasks.sources.vk import VkWall


@flow(name="vk-to-local")
def vk_to_local(source: VkWall, place: Local, options: BulkOptions) -> Ended:
    """Carry the wall of a VK community or user into an archive on disk.

    The next run goes on where this one ended, and looks for edits among the newest posts.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(vk_to_local)
