"""Publish the videos of a Telegram channel on YouTube."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.youtube import YouTube
from tasks.sources.telegram import FromTelegram


@flow(name="telegram-to-youtube")
def telegram_to_youtube(source: FromTelegram, place: YouTube, options: PublishOptions) -> Ended:
    """Publish the videos of a Telegram channel on YouTube, each once.

    Only items with a video go there. The first run sends nothing that is older than itself, unless from_beginning or
    since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_to_youtube)
