"""Look after the pairs: which have fallen silent, which have too many dead letters, and which runs have crashed."""

from tasks.cli import main
from tasks.flow import Ended, flow


@flow(name="watch")
def watch(*, factor: float = 3, least_minutes: float = 60, dead: int = 20) -> Ended:
    """Tell once of each pair that has fallen silent, delivers again, or has too many dead letters: as Prefect events.

    A crashed run is taken up again, twice at most.

    Args:
        factor: How many of a pair's usual gaps between deliveries are a silence.
        least_minutes: And at least so many minutes.
        dead: More dead letters of one pair than this are too many.
    """
    from datetime import timedelta

    from tasks.watch import Limits
    from tasks.watch import watch as look

    return look(Limits(factor, timedelta(minutes=least_minutes), dead))


if __name__ == "__main__":
    main(watch)
