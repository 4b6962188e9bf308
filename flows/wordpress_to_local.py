"""Keep a WordPress site as an archive on disk."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.local import Local
from tasks.sources.wordpress import WordPress


@flow(name="wordpress-to-local")
def wordpress_to_local(source: WordPress, place: Local, options: BulkOptions) -> Ended:
    """Carry a WordPress site into an archive on disk: posts as JSON lines, their pictures and files by content.

    The next run reads what is new or was edited since; with deletes=follow or mark, what is gone from the site too.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(wordpress_to_local)
