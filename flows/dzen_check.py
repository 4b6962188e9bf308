"""Judge a feed by every rule of Dzen's that is known."""

from tasks.cli import main
from tasks.flow import Ended, flow


@flow(name="dzen-check")
def dzen_check(feed: str, *, text_min: int = 300, days: float = 3, max_items: int = 500) -> Ended:
    """Judge a feed by every rule of Dzen's that is known, and say what Dzen would refuse.

    Exit code 0: nothing would be refused; 2: something would; 1: the feed cannot be reached.

    Args:
        feed: The feed's file, or its address.
        text_min: Characters of text that an article must have.
        days: For how many days articles count as fresh.
        max_items: At most so many items.
    """
    from tasks.dzen_check import check_feed

    return check_feed(feed, text_min=text_min, days=days, max_items=max_items)


if __name__ == "__main__":
    main(dzen_check)
