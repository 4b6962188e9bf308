"""Publish the videos of a Telegram Desktop export on YouTube."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.youtube import YouTube
from tasks.sources.telegram_export import TelegramExport


@flow(name="telegram-export-to-youtube")
def telegram_export_to_youtube(source: TelegramExport, place: YouTube, options: PublishOptions) -> Ended:
    """Publish the videos of a Telegram Desktop export on YouTube, each once.

    Only items with a video go there. The first run sends nothing that is older than itself, unless from_beginning or
    since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_export_to_youtube)
