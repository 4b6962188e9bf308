"""The flows as people run them: processes of their own, killed and run again, judged by what is really there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3

import pytest

from tests.exports import ROOT, export, lines, message


def test_sample_arrives_and_again_is_already_there(run, tmp_path):
    """The newcomer's first and second run; the third after the archive is gone."""
    code, output, summary = run("telegram_export_to_local")
    assert (code, summary["delivered"], summary["dead"]) == (0, 33, 0), output
    assert "Traceback" not in output
    assert "Warning" not in output
    first = lines(tmp_path / "archive")
    code, output, summary = run("telegram_export_to_local")
    assert (code, summary["already"], summary["delivered"]) == (0, 33, 0)
    assert "already there" in output
    shutil.rmtree(tmp_path / "archive")
    assert run("telegram_export_to_local")[2]["delivered"] == 33
    assert lines(tmp_path / "archive") == first


def test_damage_is_noticed_and_mended(run, tmp_path):
    """A byte flipped in a part comes back as it was."""
    run("telegram_export_to_local")
    before = lines(tmp_path / "archive")
    part = tmp_path / "archive" / "items" / "000001.jsonl"
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    code, _, summary = run("telegram_export_to_local")
    assert code == 0
    assert any("000001.jsonl" in text for text in summary["warnings"])
    assert lines(tmp_path / "archive") == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--export", "/nowhere"), "there is no such file"),
        (("--export", str(ROOT / "LICENSE")), "is no Telegram export"),
        (("--since", "31.12.2024"), "is no date"),
        (("--chat", "Nobody"), "there is no chat 'Nobody'"),
        (("--archive", str(ROOT)), "is not empty and no archive"),
        (("--frobnicate",), "Unknown option"),
    ],
)
def test_bad_input_is_one_clear_line(run, tmp_path, arguments, says):
    """What, where, what to do; exit code 1; nothing half written."""
    code, output, _ = run("telegram_export_to_local", *arguments)
    assert code == 1
    assert says in output
    assert len(output.strip().splitlines()) == 1, output
    assert not (tmp_path / "archive" / "items").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--url", "htp:/x", "--name", "n"), "this is no address: write https://host/path"),
        (("--url", "http://127.0.0.1:1/", "--name", "a/b"), "a name has 1 to 64 letters"),
        (("--url", "http://127.0.0.1:1/"), "requires an argument"),
        (("--url", "http://127.0.0.1:1/", "--name", "n", "--per-day", "0"), "give a whole number from 1 up"),
    ],
)
def test_bad_webhook_is_one_clear_line(run, arguments, says):
    """The same for a publishing pair; nothing is sent."""
    code, output, _ = run("telegram_export_to_webhook", *arguments)
    assert code == 1
    assert says in output
    assert len(output.strip().splitlines()) == 1, output


def test_a_store_that_cannot_be_used_is_one_clear_line(run, tmp_path):
    """Unreachable, of a newer schema, or no store that we know: exit code 1, nothing written."""
    newer = tmp_path / "newer.db"
    assert run("telegram_export_to_local", SYNDICATE_DATABASE_URL=f"sqlite:///{newer}")[0] == 0
    shutil.rmtree(tmp_path / "archive")
    with sqlite3.connect(newer) as database:
        database.execute("UPDATE syndicate_version SET version_num = '9999'")
    for url, says in (
        ("postgresql://127.0.0.1:1/x", "Nothing is sent without it"),
        (f"sqlite:///{newer}", "made by a newer release"),
        ("mysql://127.0.0.1/x", "cannot be kept in mysql"),
    ):
        code, output, _ = run("telegram_export_to_local", SYNDICATE_DATABASE_URL=url)
        assert code == 1
        assert says in output
        assert len(output.strip().splitlines()) == 1, output
    assert not (tmp_path / "archive").exists()


@pytest.mark.served
def test_a_lost_creation_then_edited_then_deleted_is_one_object_then_none(run, counting, tmp_path):
    """Its answer was lost; the edit finds the object by its key, and the delete leaves nothing."""
    server = counting(honour_key=True, lose_every=1)
    arguments = ["--url", server.url, "--name", "life", "--honours-key", "--from-beginning", "--deletes", "follow"]
    arguments += ["--allow-mass-delete", "--export", tmp_path / "export"]
    export(tmp_path / "export", [message(1, "one"), message(2, "two"), message(3, "three")])
    assert run("telegram_export_to_webhook", *arguments)[0] == 0
    export(tmp_path / "export", [message(1, "one"), message(2, "edited", 10), message(3, "three")])
    assert run("telegram_export_to_webhook", *arguments)[0] == 0
    assert sorted(thing["text"] for thing in server.state()["objects"].values()) == ["edited", "one", "three"]
    export(tmp_path / "export", [message(1, "one"), message(3, "three")])
    code, output, summary = run("telegram_export_to_webhook", *arguments)
    assert sorted(thing["text"] for thing in server.state()["objects"].values()) == ["one", "three"], output
    assert (code, summary["deleted"]) == (0, 1)


def test_killed_archive_run_goes_on(run, tmp_path):
    """Killed while it writes and run again: equal to an undisturbed run."""
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 12_001)])
    process = run.start("telegram_export_to_local", "--export", source)
    part = tmp_path / "archive" / "items" / "000001.jsonl"
    while not part.exists():
        assert process.poll() is None, process.stdout.read()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    code, output, _ = run("telegram_export_to_local", "--export", source)
    assert code == 0, output
    run("telegram_export_to_local", "--export", source, "--archive", tmp_path / "calm")
    assert lines(tmp_path / "archive") == lines(tmp_path / "calm")
    assert len(lines(tmp_path / "calm")) == 12_000


@pytest.mark.served
@pytest.mark.parametrize("honours", [True, False])
def test_webhook_gets_each_item_at_most_once(run, counting, tmp_path, honours):
    """Answers lost, throttled, killed in flight: the server's own log has each item once."""
    server = counting(honour_key=honours, lose_every=10, throttle_every=25, retry_after="1")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 61)])
    arguments = ["--export", source, "--url", server.url, "--name", f"once-{honours}", "--from-beginning"]
    arguments += ["--honours-key"] if honours else []
    process = run.start("telegram_export_to_webhook", *arguments)
    while len(server.log()) < 20:
        assert process.poll() is None, process.stdout.read()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    code, output, summary = run("telegram_export_to_webhook", *arguments)
    ids = [effect["id"] for effect in server.effects()]
    assert len(ids) == len(set(ids)) == 60, output
    if honours:
        assert (code, summary["dead"]) == (0, 0), output
    else:
        assert (code, set(summary["dead_by"])) == (2, {"unknown"})
        assert 6 <= summary["dead"] <= 7
    total = sum(summary[name] for name in ("delivered", "already", "filtered", "pending", "dead"))
    assert summary["seen"] + summary["carried"] == total


@pytest.mark.served
def test_edits_arrive_in_order_and_two_runs_send_nothing_twice(run, counting, tmp_path):
    """A, B, A arrives as A; two runs at once are one."""
    server = counting(honour_key=True)
    arguments = ["--url", server.url, "--name", "edits", "--from-beginning", "--export", tmp_path / "export"]
    for text, edited in (("A", 0), ("B", 10), ("A", 20)):
        export(tmp_path / "export", [message(1, text, edited)])
        assert run("telegram_export_to_webhook", *arguments)[0] == 0
    assert [thing["text"] for thing in server.state()["objects"].values()] == ["A"]
    export(tmp_path / "export", [message(n, f"text {n}", 30) for n in range(1, 31)])
    both = [run.start("telegram_export_to_webhook", *arguments) for _ in range(2)]
    outputs = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    created = [effect["id"] for effect in server.effects() if effect["action"] == "create"]
    assert len(created) == len(set(created)) == 30


@pytest.mark.served
def test_rejected_items_are_redriven_by_command(run, counting, tmp_path):
    """Exit code 2, a list that names them, and after the cause is mended exactly those are sent."""
    server = counting(reject_containing="text 3")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 6)])
    arguments = ["--export", source, "--url", server.url, "--name", "redrive", "--from-beginning"]
    code, output, summary = run("telegram_export_to_webhook", *arguments)
    assert (code, summary["dead"], summary["died"]) == (2, 1, 1), output
    listed = run("dead_letters", "list", "--json", "--destination", "webhook:redrive")[1]
    assert [json.loads(line)["item"] for line in listed.splitlines()] == ["telegram:42/3"]
    dry = run("dead_letters", "redrive", "--dry-run", "--json", "--destination", "webhook:redrive")[1]
    assert len(dry.splitlines()) == 1
    server.control(reject_containing="")
    code, output, _ = run("dead_letters", "redrive", "--destination", "webhook:redrive")
    assert code == 0, output
    assert [effect["id"] for effect in server.effects()].count("telegram:42/3") == 1
    assert len(server.effects()) == 5


def test_a_long_wait_ends_with_75_and_names_the_time(run, counting, tmp_path):
    """Told to wait for an hour, a run without a worker says when to come back, and does not send earlier."""
    server = counting(throttle_once_at=2, throttle_once_after="3600")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 4)])
    arguments = ["--export", source, "--url", server.url, "--name", "wait", "--from-beginning"]
    for _ in range(2):
        code, output, summary = run("telegram_export_to_webhook", *arguments)
        assert (code, summary["pending"]) == (75, 2), output
        assert summary["come_back"]
    assert len(server.effects()) == 1


def test_another_store_stops_the_pair(run, counting, tmp_path):
    """The store deleted, or another home: nothing is sent until --new-store."""
    server = counting()
    source = export(tmp_path / "export", [message(1, "text")])
    arguments = ["--export", source, "--url", server.url, "--name", "identity", "--from-beginning"]
    url = {"SYNDICATE_DATABASE_URL": f"sqlite:///{tmp_path}/one.db"}
    assert run("telegram_export_to_webhook", *arguments, **url)[0] == 0
    (tmp_path / "one.db").unlink()
    for state in (url, {"PREFECT_HOME": str(tmp_path / "elsewhere")}):
        code, output, _ = run("telegram_export_to_webhook", *arguments, **state)
        assert code == 1
        assert "was run with another job store" in output
    assert len(server.effects()) == 1


def test_secrets_appear_nowhere(run, counting, tmp_path, home):
    """Neither output nor any file of the state holds the signing secret."""
    server = counting(reject_containing="text")
    source = export(tmp_path / "export", [message(1, "text")])
    canary = "canary-5f3a9c"
    arguments = ["--export", source, "--url", server.url, "--name", "canary", "--from-beginning"]
    code, output, _ = run("telegram_export_to_webhook", *arguments, SYNDICATE_WEBHOOK_SECRET=canary)
    assert code == 2
    assert canary not in output
    kept = [file for folder in (home, tmp_path) for file in folder.rglob("*") if file.is_file()]
    assert [file for file in kept if canary.encode() in file.read_bytes()] == []


@pytest.mark.served
def test_doubtful_items_are_adopted_skipped_redriven_and_resent(run, counting, tmp_path):
    """The four ways out of a dead letter, each by its command; judged by what the webhook got."""
    server = counting(lose_every=1)
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in (1, 2, 3)])
    arguments = ["--export", source, "--url", server.url, "--name", "ways", "--from-beginning"]
    assert run("telegram_export_to_webhook", *arguments)[2]["dead_by"] == {"unknown": 3}
    server.control(lose_every=0)
    first, second, third = (f"webhook:ways|telegram:42/{n}|1" for n in (1, 2, 3))
    assert json.loads(run("dead_letters", "show", first, "--json")[1])["item"]["text"] == "text 1"
    assert run("dead_letters", "adopt", first, "--remote-id", "o1")[0] == 0
    assert run("dead_letters", "skip", "--key", second)[0] == 0
    assert run("dead_letters", "redrive", "--destination", "webhook:ways")[0] == 0
    assert len(server.effects()) == 3, "what is in doubt goes only when it is named"
    assert run("dead_letters", "redrive", "--destination", "webhook:ways", "--reason", "unknown")[0] == 0
    assert [effect["key"] for effect in server.effects()[3:]] == [third]
    assert run("dead_letters", "resend", second)[0] == 0
    export(source, [message(1, "edited", 10), message(2, "text 2"), message(3, "text 3")])
    code, output, summary = run("telegram_export_to_webhook", *arguments)
    sent = [(effect["action"], effect["id"], effect["remote_id"]) for effect in server.effects()[4:]]
    assert sorted(sent) == [("create", "telegram:42/2", sent[0][2]), ("update", "telegram:42/1", "o1")], output
    assert (code, summary["dead"], summary["already"]) == (0, 0, 1)


def test_interrupted_says_what_to_do(run, tmp_path):
    """Ctrl-C while Prefect starts: exit code 130 and one line that says how to go on; no traceback."""
    process = run.start("telegram_export_to_local", PREFECT_HOME=str(tmp_path / "home"))
    while not (tmp_path / "home").exists():
        assert process.poll() is None, process.stdout.read()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 130
    assert output.strip() == "interrupted: run the same command again, it goes on where it was"
