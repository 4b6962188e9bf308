"""Publish the videos of an archive on YouTube."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.youtube import YouTube
from tasks.sources.local import Archive


@flow(name="local-to-youtube")
def local_to_youtube(source: Archive, place: YouTube, options: PublishOptions) -> Ended:
    """Publish the videos of an archive on YouTube, each once.

    Only items with a video go there. The first run sends nothing that is older than itself, unless from_beginning or
    since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(local_to_youtube)
