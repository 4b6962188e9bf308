"""Carry a WordPress site into the feed that Dzen imports."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.dzen import Dzen
from tasks.sources.wordpress import WordPress


@flow(name="wordpress-to-dzen")
def wordpress_to_dzen(source: WordPress, place: Dzen, options: BulkOptions) -> Ended:
    """Carry a WordPress site into the RSS feed that Dzen imports.

    Run it every few hours: articles leave the feed after their days, and those that wait come in.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(wordpress_to_dzen)
