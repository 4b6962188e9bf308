"""A bucket's lock and fence, from two machines, against real services in processes of their own."""

from __future__ import annotations

from itertools import count

import obstore
import pytest
from lxml import etree
from obstore.store import S3Store

from adapters.conformance.bulk.shelf import SOURCE, missing, post
from adapters.contracts.errors import ConfigurationError, LeaseLost, Transient
from adapters.contracts.ports import Batch
from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
from adapters.destinations.dzen.access import standing
from adapters.destinations.dzen.bucket import LEASE, Bucket, bucket
from tests.servers import s3

NUMBERS = count()
SETTINGS = DzenSettings(place="s3://x", base_url="https://example.com", profile=Profile(text_min=0))


class Time:
    """Seconds that tests set."""

    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def machines(moto):
    """Return a function that builds the feed's adapter as on another machine, and what sets everybody's clock."""
    prefix, time = f"two{next(NUMBERS)}", Time()

    def machine(name):
        config = {"endpoint": moto.url, "region": "us-east-1", "access_key_id": s3.KEY, "secret_access_key": s3.SECRET}
        store = S3Store(s3.BUCKET, prefix=prefix, config=config, client_options={"allow_http": True})
        # Another name has another lock on this machine: as if there were two of them.
        return DzenDestination(SETTINGS, lambda: Bucket(store, f"s3://{prefix}/{name}", time))

    machine.time, machine.prefix = time, prefix
    machine.files = lambda: moto.files(prefix)
    machine.guids = lambda: {guid.text for guid in etree.fromstring(machine.files()["public/feed.xml"]).iter("guid")}
    return machine


def test_two_machines_are_kept_apart(machines):
    """The second is told to wait and for how long; when the first is done it is let in at once."""
    with machines("a").open(SOURCE) as first:
        with pytest.raises(Transient, match="wait for 300 seconds"), machines("b").open(SOURCE):
            pass
        first.commit(Batch([post(1)]), missing)
    with machines("b").open(SOURCE) as second:
        second.commit(Batch([post(2)]), missing)
    assert machines.guids() == {f"{SOURCE}/1", f"{SOURCE}/2"}


def test_who_lost_the_lock_writes_nothing(machines):
    """Stopped for longer than the lock is good, the first finds itself locked out, of the state and of the feed."""
    with machines("a").open(SOURCE) as first:
        first.commit(Batch([post(1)]), missing)
        machines.time.now += LEASE + 1
        with machines("b").open(SOURCE) as second:
            second.commit(Batch([post(2)]), missing)
            before = machines.files()
            with pytest.raises(LeaseLost):
                first.commit(Batch([post(3)]), missing)
    after = machines.files()
    assert {name: data for name, data in after.items() if name != "state/lock"} == {
        name: data for name, data in before.items() if name != "state/lock"
    }
    assert machines.guids() == {f"{SOURCE}/1", f"{SOURCE}/2"}
    with machines("c").open(SOURCE) as third:
        third.commit(Batch([post(3)]), missing)


def test_a_killed_run_keeps_others_out_no_longer_than_its_lock(machines):
    """And long work renews it."""
    killed = machines("a")._storage
    context = killed.locked()
    context.__enter__()
    machines.time.now += LEASE / 2
    killed.replace("state/x", b"1", "text/plain", "")
    machines.time.now += LEASE - 1
    with pytest.raises(Transient), machines("b").open(SOURCE):
        pass
    machines.time.now += 2
    with machines("b").open(SOURCE) as session:
        session.commit(Batch([post(1)]), missing)
    with pytest.raises(LeaseLost):
        killed.replace("state/x", b"2", "text/plain", killed.read("state/x").tag)


def test_a_feed_that_was_not_written_is_written_by_the_next_run(machines, moto):
    """The state is the commit: whoever is killed behind it has lost nothing."""
    with machines("a").open(SOURCE) as session:
        session.commit(Batch([post(1)]), missing)
        old = machines.files()["public/feed.xml"]
        session.commit(Batch([post(2)]), missing)
    obstore.put(moto.store, f"{machines.prefix}/public/feed.xml", old)
    assert machines.guids() == {f"{SOURCE}/1"}
    with machines("b").open(SOURCE):
        assert machines.guids() == {f"{SOURCE}/1", f"{SOURCE}/2"}


def test_troubles_are_one_clear_line(rclone, moto):
    """No bucket, a wrong key, no service, no bucket's address; never the secret."""
    wrong = "not-the-secret-of-this-bucket"
    for place, url, error, says in (
        ("s3://nowhere/x", moto.url, ConfigurationError, "there is no s3://nowhere/x"),
        (f"s3://{s3.BUCKET}/x", rclone.url, ConfigurationError, "does not accept our credentials"),
        ("s3://", moto.url, ConfigurationError, "write s3://bucket/prefix"),
        (f"s3://{s3.BUCKET}/x", "http://127.0.0.1:1", Transient, "cannot be reached"),
    ):
        there = DzenDestination(SETTINGS, bucket(place, url, "us-east-1", (s3.KEY, wrong)))
        with pytest.raises(error, match=says) as caught, there.open(SOURCE):
            pass
        assert wrong not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_key_is_tried_in_its_bucket(moto, rclone):
    """Something is written, read and deleted, and nothing stays; a missing bucket and a wrong key are told."""
    for service in (moto, rclone):
        told = standing(s3.BUCKET, service.url, "us-east-1", (s3.KEY, s3.SECRET))
        assert str(told) == "can read, write and delete in s3://channel"
        assert service.files(".syndicate") == {}
    with pytest.raises(ConfigurationError, match=r"there is no bucket|cannot be reached"):
        standing("nowhere", moto.url, "us-east-1", (s3.KEY, s3.SECRET))
    with pytest.raises(ConfigurationError, match="does not know the key") as caught:
        standing(s3.BUCKET, rclone.url, "us-east-1", ("canary-id", "canary-secret"))
    assert "canary" not in str(caught.value)
