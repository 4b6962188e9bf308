"""Carry an archive into the feed that Dzen imports."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.dzen import Dzen
from tasks.sources.local import Archive


@flow(name="local-to-dzen")
def local_to_dzen(source: Archive, place: Dzen, options: BulkOptions) -> Ended:
    """Carry an archive into the RSS feed that Dzen imports.

    Run it every few hours: articles leave the feed after their days, and those that wait come in.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(local_to_dzen)
