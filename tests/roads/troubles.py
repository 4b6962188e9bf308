"""What befalls a pair in a year: its place fails, its process dies, Telegram does as it does.

Each is done to a year, and may return what is amiss with the run that follows.
"""

from __future__ import annotations

from tests.roads.far_side import CRASHES, FAULTS


def place_fails(year):
    """Answers are lost, requests late, refused, throttled."""
    return {"faults": [year.chance.choice([None, *FAULTS]) for _ in range(year.chance.randint(1, 5))]}


def killed(year):
    """The process dies."""
    return {"kill": (year.chance.choice(CRASHES), year.chance.randint(1, 3))}


def overtaken(year):
    """The process is stopped for longer than its lease, and a second one takes over."""
    return {"slow": year.chance.choice(("before the mark", "after the effect"))}


def outage(year):
    """Telegram is away."""
    year.world.outage()


def flood(year):
    """Telegram asks to come back later, after seconds or hours."""
    name = year.chance.choice(("GetHistory", "GetChannelDifference", "channels.GetMessages", "GetFile"))
    year.world.flood(name, year.chance.choice((5, 50, 10_000)))


def connection_drops(year):
    """A connection breaks, before a request is done or before it is answered."""
    year.world.drop(year.chance.choice(("before", "after")), nth=year.chance.randint(1, 6))


def signed_out(year):
    """The session is ended, a run says so, and a person signs in again."""
    year.account.revoke()
    assert year.pairs[0].run() is None
    year.session = year.account.session()


def too_long(year):
    """Telegram tells no more what has happened so far."""
    year.channel.forget_before(year.channel.pts)


def otherwise(year):
    """Telegram does what its pages leave open the other way."""
    year.world.history_tail = year.chance.choice(("clip", "shift"))
    year.world.long_differences = year.chance.choice(("sliced", "refused"))


TROUBLES = (
    *(place_fails, place_fails, place_fails, killed, killed, overtaken, outage, flood, connection_drops),
    *(signed_out, too_long, otherwise),
)
