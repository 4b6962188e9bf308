"""Carry a feed into an archive on this machine."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.local import Local
from tasks.sources.rss import Rss


@flow(name="rss-to-local")
def rss_to_local(source: Rss, place: Local, options: BulkOptions) -> Ended:
    """Carry a feed into an archive on this machine.

    Run it as often as you like: a feed that has not changed costs one small request. An entry that has left the feed
    stays.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(rss_to_local)
