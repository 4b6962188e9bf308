"""YouTube beyond the kit: sessions, quotas, verdicts, thumbnails and playlists, tokens, edits."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr, ValidationError

from adapters.conformance.publishing.desk import Desk, Place, picture
from adapters.conformance.wire import Answer
from adapters.contracts.errors import ConfigurationError, RateLimited, Rejected
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.jobs import Action, Reason, State
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import Queue
from adapters.destinations.youtube import Addresses, Credentials, YouTubeDestination, YouTubeSettings
from adapters.destinations.youtube.errors import until_reset
from adapters.destinations.youtube.metadata import mark
from tests.servers.youtube import YouTube

CHANNEL = "UCemulated0000000000000"
BLOCK = 256 << 10
CANARIES = {
    "client_secret": "canary-client-17a2",
    "refresh_token": "canary-refresh-9b3e",
    "access_token": "canary-access-c41d",
    "session_mark": "canary-session-02ff",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """An emulator, a process of its own."""
    server = YouTube(tmp_path_factory.mktemp("youtube"), **CANARIES)
    yield server
    try:
        server.effects()
    finally:
        server.stop()


@pytest.fixture
def server(running):
    """The emulator as it is at first."""
    first = {"verdict": "processed", "process_after": 0, "reject_duplicates": False, "uploads_a_day": 100}
    first |= {"units_a_day": 10_000, "uploads_at_all": 1_000_000, "faults": [], "session_life": 7 * 86_400}
    running.control(reset=True, **first)
    return running


@pytest.fixture
def desk(server, tmp_path):
    """Return a function that puts a channel with these settings on a desk."""
    made = []

    def build(needs=None, **settings):
        wanted = YouTubeSettings(**{"channel": CHANNEL, "chunk": BLOCK} | settings)
        credentials = Credentials(
            client_id="client-1",
            client_secret=SecretStr(CANARIES["client_secret"]),
            refresh_token=SecretStr(CANARIES["refresh_token"]),
        )

        def connect(url):
            server.control(public=url)
            return YouTubeDestination(wanted, credentials, Addresses(base=url, token=f"{server.base}/token"))

        place = Place(server.base, connect, list, CANARIES["access_token"], needs=needs or video)
        made.append(Desk(place, tmp_path / str(len(made))))
        # Nothing is lost by silence here: a busy machine shall have its time.
        made[-1].policy = RetryPolicy(jitter=0)
        return made[-1]

    yield build
    for one in made:
        one.close()


def video(number, size=BLOCK + 100):
    """A post's video in two pieces."""
    medium = Media(kind=MediaKind.VIDEO, name=f"{number}.mp4", mime="video/mp4")
    return ((medium, (number.to_bytes(4, "big") * (size // 4 + 1))[:size]),)


def with_photo(number):
    """A post's video and photo."""
    return (*video(number), (Media(kind=MediaKind.PHOTO, name="p.png", mime="image/png"), picture(number)))


def given(one, item, **more):
    """Build a write by hand that has time."""
    return one.write(item, deadline=20.0, **more)


def uploaded(server):
    """Return the ids of all videos that were ever made."""
    return [effect["id"] for effect in server.effects("insert")]


# Sessions.


def test_a_session_that_is_gone_in_the_middle_begins_anew(server, desk):
    """Half the bytes were there, the session is lost: one video in the end."""
    one = desk()
    before = len(uploaded(server))
    server.control(faults=[{"method": "PUT", "path": "/upload", "nth": 2, "do": "refuse", "status": 404}])
    job = one.put(Action.CREATE, one.post("again"))
    assert job.state is State.DONE
    assert len(uploaded(server)) - before == 1
    assert len(server.state()["sessions"]) == 1 or len(server.state()["videos"]) == 1


def test_a_finished_video_whose_session_has_ended_is_adopted(server, desk):
    """The last answer was lost, and the session is gone when the next attempt asks: the mark finds the video."""
    one = desk()
    server.control(faults=[{"method": "PUT", "path": "/upload", "nth": 2, "do": "lose-after"}])
    key = one.ask(Action.CREATE, one.post("once"))
    one.one()
    assert one.job(key).in_doubt
    server.control(expire_sessions=True)
    for number in range(60):
        # The one that is looked for is not on the first page.
        one.adapter.write(given(one, one.post(f"later {number}"), key=f"later|{number}|1"))
    one.deliver(one.connect())
    job = one.job(key)
    assert job.state is State.DONE
    found = [name for name, made in server.state()["videos"].items() if made["snippet"]["description"] == "once"]
    assert found == [job.receipt.remote_id]


def test_a_lost_last_piece_that_never_came_begins_anew(server, desk):
    """In doubt, the session gone, no video with the mark: uploaded again, once."""
    one = desk()
    server.control(faults=[{"method": "PUT", "path": "/upload", "nth": 2, "do": "lose-before"}])
    key = one.ask(Action.CREATE, one.post("once"))
    one.one()
    assert one.job(key).in_doubt
    server.control(expire_sessions=True)
    one.deliver(one.connect())
    assert one.job(key).state is State.DONE
    assert len(server.state()["videos"]) == 1


def test_a_session_that_has_ended_by_time_begins_anew(server, desk):
    """A week later nobody knows the session; what was not finished is uploaded whole."""
    one = desk()
    refused = {"method": "PUT", "path": "/upload", "nth": 2, "do": "refuse", "status": 429, "retry_after": "700000"}
    server.control(faults=[refused])
    key = one.ask(Action.CREATE, one.post("patient"))
    one.one()
    server.control(advance=8 * 86_400)
    one.deliver(one.connect())
    assert one.job(key).state is State.DONE
    assert [made["snippet"]["description"] for made in server.state()["videos"].values()] == ["patient"]


def test_a_broken_piece_goes_on_from_the_byte_that_arrived(server, desk):
    """A connection cut in a piece before the last is no doubt: nothing that arrived is sent again."""
    one = desk(needs=lambda number: video(number, 6 * BLOCK), chunk=4 * BLOCK)
    server.control(faults=[{"method": "PUT", "path": "/upload", "nth": 1, "do": "cut", "at": 700_000}])
    log, key = len(server.requests()), one.ask(Action.CREATE, one.post("cut"))
    one.deliver(one.connect(server.base))
    assert one.job(key).state is State.DONE
    puts = [line for line in server.requests()[log:] if line["method"] == "PUT"]
    assert [line["range"] for line in puts] == [
        f"bytes 0-{4 * BLOCK - 1}/{6 * BLOCK}",
        f"bytes */{6 * BLOCK}",
        f"bytes {2 * BLOCK}-{6 * BLOCK - 1}/{6 * BLOCK}",
    ]


def test_every_byte_held_and_no_video_named_is_doubt(server, desk):
    """Told so once, it asks again when that has settled: one video."""
    one = desk()
    one.wire.fail(3, Answer(308, {"Range": f"bytes=0-{BLOCK + 99}"}))
    key = one.ask(Action.CREATE, one.post("held"))
    one.one()
    assert one.job(key).in_doubt
    one.deliver(one.connect())
    assert one.job(key).state is State.DONE
    assert len(server.state()["videos"]) == 1


# Quotas.


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        ("2026-01-15T20:00:00+00:00", 12),
        ("2026-07-15T20:00:00+00:00", 11),
        # The clocks go forward in the night to 8 March 2026: that day has 23 hours.
        ("2026-03-08T08:00:00+00:00", 23),
        ("2026-03-08T07:30:00+00:00", 0.5),
        # And back in the night to 1 November: 25 hours.
        ("2026-11-01T07:00:00+00:00", 25),
        ("2026-11-01T06:00:00+00:00", 1),
    ],
)
def test_the_quota_comes_back_at_midnight_in_los_angeles(now, hours):
    """Summer time or not, and never a second early."""
    seconds = until_reset(datetime.fromisoformat(now))
    assert 0 < seconds - hours * 3600 <= 120


@pytest.mark.parametrize("now", ["2026-03-08T09:00:00+00:00", "2026-11-01T08:00:00+00:00", "2026-06-01T12:00:00+00:00"])
def test_a_used_up_quota_waits_for_midnight_and_then_goes_on(server, desk, now):
    """By the service's clock; a second before midnight it would still refuse, after the wait it takes the rest."""
    one = desk()
    server.control(clock=now, uploads_a_day=1)
    keys = [one.ask(Action.CREATE, one.post(f"post {n}")) for n in range(2)]
    one.one()
    one.one()
    due = one.store.next_due(Queue("kit:1", one.adapter.identity))
    wait = (due - one.clock()).total_seconds()
    server.control(advance=wait - 120)
    with pytest.raises(RateLimited):
        one.adapter.write(given(one, one.post("early")))
    server.control(advance=120)
    one.clock.wait(wait)
    one.one()
    assert [one.job(key).state for key in keys] == [State.DONE, State.DONE]
    server.control(clock=datetime.now(UTC).isoformat())


def test_a_used_up_quota_of_units_keeps_the_video(server, desk):
    """Nothing is left for the thumbnail: it is set after midnight, at the same video."""
    one = desk(needs=with_photo)
    server.control(units_a_day=1)
    key = one.ask(Action.CREATE, one.post("later"))
    one.one()
    assert one.job(key).state is State.PENDING
    server.control(units_a_day=10_000)
    one.deliver(one.connect())
    assert one.job(key).state is State.DONE
    assert list(server.state()["thumbnails"].values()) == ["120 bytes"]


def test_the_upload_limit_waits_for_a_day(server, desk):
    """A limit of the channel, not of the API's quota."""
    one = desk()
    server.control(uploads_at_all=0)
    with pytest.raises(RateLimited) as caught:
        one.adapter.write(given(one, one.post()))
    assert caught.value.retry_after == 86_400


# What a video needs besides its bytes.


def test_thumbnail_and_playlist_come_once_whatever_is_lost(server, desk):
    """Each answer lost once: one video, one entry of the playlist."""
    for path in ("/upload/youtube/v3/thumbnails", "/youtube/v3/playlistItems"):
        server.control(reset=True, faults=[{"method": "POST", "path": path, "nth": 1, "do": "lose-after"}])
        one = desk(needs=with_photo, playlist="PLemulated")
        job = one.put(Action.CREATE, one.post())
        assert job.state is State.DONE
        assert server.state()["lists"]["PLemulated"] == [job.receipt.remote_id] == list(server.state()["videos"])


def test_a_thumbnail_that_is_refused_leaves_the_video(desk):
    """A text that calls itself a PNG: the video arrives, and its receipt says what was lost."""
    photo = Media(kind=MediaKind.PHOTO, name="p.png", mime="image/png")
    one = desk(needs=lambda number: (*video(number), (photo, b"no picture")))
    job = one.put(Action.CREATE, one.post())
    assert job.state is State.DONE
    assert job.receipt.losses == ("a photo is refused as a thumbnail",)


def test_a_playlist_that_is_not_there_is_told_before_anything_is_sent(server, desk):
    """`check` says so; nothing is uploaded."""
    with pytest.raises(ConfigurationError, match="PLnowhere"):
        desk(playlist="PLnowhere").adapter.check()
    assert not server.state()["sessions"]


def test_another_channel_than_the_signed_in_one_is_refused(server, desk):
    """A sign-in for the wrong channel would send everything to the wrong place."""
    one = desk()
    server.control(channel="UCanother00000000000000")
    with pytest.raises(ConfigurationError, match="UCanother"):
        one.adapter.check()
    server.control(channel=CHANNEL)


# YouTube's verdict.


def test_a_video_that_is_processed_later_is_waited_for_without_holding_others(server, desk):
    """The first is asked after again in a while; the second is uploaded meanwhile."""
    one = desk()
    server.control(process_after=10_000)
    keys = [one.ask(Action.CREATE, one.post(f"post {n}")) for n in range(2)]
    one.one()
    one.one()
    assert len(server.state()["videos"]) == 2
    assert [one.job(key).state for key in keys] == [State.PENDING, State.PENDING]
    server.control(advance=10_000)
    one.deliver(one.connect())
    assert [one.job(key).state for key in keys] == [State.DONE, State.DONE]
    assert len(server.state()["videos"]) == 2


def test_a_video_that_is_processed_for_long_counts_as_delivered(server, desk):
    """After a few minutes nobody waits any more."""
    one = desk()
    server.control(process_after=10_000_000)
    began = one.clock()
    assert one.put(Action.CREATE, one.post()).state is State.DONE
    assert one.clock() - began < timedelta(minutes=5)


@pytest.mark.parametrize("after", [0, 10])
@pytest.mark.parametrize("verdict", ["rejected:duplicate", "rejected:copyright", "failed:codec"])
def test_a_refused_video_is_a_dead_letter_with_the_reason(server, desk, verdict, after):
    """At once or later; redriven after the cause is gone it is uploaded anew."""
    one = desk()
    server.control(verdict=verdict, process_after=after)
    key = one.ask(Action.CREATE, one.post("refused"))
    one.one()
    server.control(advance=after)
    one.deliver(one.connect())
    job = one.job(key)
    assert (job.state, job.reason) == (State.FAILED, Reason.REJECTED)
    assert verdict.partition(":")[2] in job.failures[-1].message
    server.control(verdict="processed")
    one.store.redrive([key], run_id="person")
    one.deliver(one.connect())
    assert one.job(key).state is State.DONE
    assert one.job(key).receipt.remote_id == uploaded(server)[-1]


def test_the_same_video_twice_is_rejected_as_a_duplicate(server, desk):
    """As YouTube itself says it."""
    one = desk(needs=lambda _: video(1))
    server.control(reject_duplicates=True)
    assert one.put(Action.CREATE, one.post("first")).state is State.DONE
    job = one.put(Action.CREATE, one.post("second"))
    assert job.reason is Reason.REJECTED
    assert "duplicate" in job.failures[-1].message


# Tokens.


def test_an_access_token_that_ends_early_is_replaced(server, desk):
    """Between any two requests, by the service's own decision."""
    one = desk(needs=with_photo, playlist="PLemulated")
    for path in ("/upload/youtube/v3/videos", "/upload/youtube/v3/thumbnails", "/youtube/v3/playlistItems"):
        fault = {"method": "POST", "path": path, "nth": 1, "do": "refuse", "status": 401, "reason": "authError"}
        server.control(faults=[fault])
        assert one.put(Action.CREATE, one.post()).state is State.DONE
    server.control(expire_access=True)
    assert one.put(Action.CREATE, one.post()).state is State.DONE
    assert len(server.state()["videos"]) == 4


def test_a_revoked_sign_in_stops_the_run_and_says_what_to_do(server, desk):
    """And nothing is lost: the job waits for the person."""
    one = desk()
    server.control(refresh_token="another", expire_access=True)  # noqa: S106 - no secret
    key = one.ask(Action.CREATE, one.post())
    error = one.try_one(one.connect())
    assert "flows/sign_in.py youtube" in str(error)
    assert one.job(key).state is State.PENDING
    server.control(refresh_token=CANARIES["refresh_token"])
    one.deliver(one.connect())
    assert one.job(key).state is State.DONE


def test_a_right_that_is_missing_is_told(server, desk):
    """Of a sign-in in which a box was not ticked."""
    one = desk()
    server.control(scopes=["https://www.googleapis.com/auth/youtube.readonly"], expire_access=True)
    with pytest.raises(ConfigurationError, match="no right to manage"):
        one.connect().check()
    server.control(scopes=["https://www.googleapis.com/auth/youtube"], expire_access=True)


def test_secrets_are_nowhere_they_do_not_belong(server, desk, caplog):
    """Tokens, the client's secret and sessions' addresses: not in logs, jobs' JSON, faces, errors and receipts."""
    one = desk(needs=with_photo, playlist="PLemulated")
    shown = []
    with caplog.at_level(logging.DEBUG):
        for fault in (None, "lose-after", "refuse"):
            faults = [
                {"method": "PUT", "path": "/upload", "nth": 2, "do": fault, "status": 400, "reason": "badRequest"}
            ]
            server.control(faults=faults if fault else [])
            adapter = one.connect()
            key = one.ask(Action.CREATE, one.post())
            one.one(adapter)
            job = one.job(key)
            shown += [job.model_dump_json(), repr(job), str(job), repr(adapter), str(vars(adapter))]
            shown += [
                repr(one.write(job.item, progress=job.progress)),
                repr(vars(adapter._api)),
                repr(adapter._channel),
            ]
            if fault == "lose-after":
                # What is kept is needed, and it is all that is kept: no token.
                assert CANARIES["session_mark"] in str(job.progress)
                assert CANARIES["access_token"] not in str(job.progress)
    told = "".join(shown) + caplog.text
    assert "httpcore" in {record.name.partition(".")[0] for record in caplog.records}
    assert [name for name, canary in CANARIES.items() if canary in told] == []


def test_a_session_elsewhere_gets_no_token(server, desk):
    """An address out of an answer is followed to YouTube alone."""
    one = desk()
    server.control(public="http://localhost:1")
    with pytest.raises(ConfigurationError, match="is not YouTube"):
        one.adapter.write(given(one, one.post()))


# Edits.


def test_an_edit_changes_the_words_and_nothing_else(server, desk):
    """What the owner has done at YouTube stays; the mark stays."""
    one = desk(tags=("always",))
    item = one.post("before")
    job = one.put(Action.CREATE, item)
    changed = one.edited(item.model_copy(update={"tags": ("new",)}), "after")
    other = one.adapter._api.call(
        "PUT",
        "/youtube/v3/videos",
        {"part": "snippet,status"},
        {
            "id": job.receipt.remote_id,
            "snippet": {"title": "mine", "categoryId": "10", "defaultLanguage": "en", "tags": [mark(job.key)]},
            "status": {"privacyStatus": "public"},
        },
        5.0,
    )
    assert other["status"]["privacyStatus"] == "public"
    assert one.put(Action.UPDATE, changed).state is State.DONE
    made = server.state()["videos"][job.receipt.remote_id]
    assert made["status"]["privacyStatus"] == "public"
    assert (made["snippet"]["title"], made["snippet"]["description"]) == ("after", "after")
    assert (made["snippet"]["categoryId"], made["snippet"]["defaultLanguage"]) == ("10", "en")
    assert made["snippet"]["tags"] == [mark(job.key), "always", "new"]


def test_an_edit_of_what_is_gone_says_so(server, desk):
    """A dead letter that tells how a new one is made."""
    one = desk()
    item = one.post("before")
    one.put(Action.CREATE, item)
    server.control(reset=True)
    job = one.put(Action.UPDATE, one.edited(item, "after"))
    assert "resend" in job.failures[-1].message


# Items.


def test_only_items_with_a_video_go(desk):
    """By the name under which they are counted."""
    one = desk()
    item = one.post()
    gif = item.model_copy(update={"media": (Media(kind=MediaKind.ANIMATION, ref="a.mp4"),)})
    file = item.model_copy(update={"media": (Media(kind=MediaKind.DOCUMENT, mime="video/mp4", ref="a.mp4"),)})
    lost = item.model_copy(update={"media": (Media(kind=MediaKind.VIDEO, missing="not in the export"),)})
    names = [one.adapter.leaves_out(each) for each in (item, item.model_copy(update={"media": ()}), gif, file, lost)]
    assert names == ["", "no video", "no video", "", "its video is missing"]


def test_several_videos_are_refused_or_the_first_is_sent(server, desk):
    """As the pair says; never the wrong one in silence."""
    two = [*video(1), *video(2)]
    job = desk(needs=lambda _: two).put(Action.CREATE, desk(needs=lambda _: two).post())
    assert (job.reason, server.state()["videos"]) == (Reason.REJECTED, {})
    first = desk(needs=lambda _: two, several="first")
    item = first.post()
    assert first.put(Action.CREATE, item).state is State.DONE
    assert any("several videos" in loss for loss in first.adapter.render(item).losses)
    assert list(server.state()["bytes"].values()) == [item.media[0].sha256]


def test_an_empty_video_is_refused(desk):
    """Nothing is sent."""
    one = desk(needs=lambda _: ((Media(kind=MediaKind.VIDEO, name="a.mp4"), b""),))
    with pytest.raises(Rejected, match="is empty"):
        one.adapter.write(given(one, one.post()))
    assert not one.wire.writes


def test_status_comes_from_the_settings(server, desk):
    """Private until then, made for kids, in its category."""
    when = datetime(2026, 12, 24, 18, tzinfo=UTC)
    one = desk(publish_at=when, made_for_kids=True, category="10")
    job = one.put(Action.CREATE, one.post())
    made = server.state()["videos"][job.receipt.remote_id]
    assert made["status"]["publishAt"] == "2026-12-24T18:00:00Z"
    assert (made["status"]["privacyStatus"], made["status"]["selfDeclaredMadeForKids"]) == ("private", True)
    assert made["snippet"]["categoryId"] == "10"


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "@handle"},
        {"chunk": 300_000},
        {"chunk": 0},
        {"category": "Music"},
        {"privacy": "public", "publish_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"playlist": "https://x"},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong):
    """Before anything is sent."""
    with pytest.raises(ValidationError):
        YouTubeSettings.model_validate({"channel": CHANNEL} | wrong)
