"""The blocks that the setup makes of the environment: no secret is shown, and who is told may take its time."""

from __future__ import annotations

import pytest

from adapters.contracts.errors import ConfigurationError
from deployments.blocks import alarm_block, store_block
from tests.servers.sink import Sink


@pytest.mark.parametrize("url", ["nonsense", "imagined://a-secret-path"])
def test_an_address_for_alarms_that_nothing_understands_is_refused_and_not_printed(url):
    """Before anything is made of it."""
    with pytest.raises(ConfigurationError, match="neither a web address nor an Apprise URL") as raised:
        alarm_block({"SYNDICATE_ALARM_URL": url})
    assert "a-secret-path" not in str(raised.value)


def test_a_password_in_the_job_stores_address_is_masked_in_its_block():
    """The block works, and shows it nowhere."""
    url = "postgresql://me:hunter2@db/syndicate"
    name, block = store_block({"SYNDICATE_DATABASE_BLOCK": "store", "SYNDICATE_DATABASE_URL": url})
    assert name == "store"
    assert block.connection_info.create_url().render_as_string(hide_password=False) == url.replace("://", "+psycopg://")
    assert "hunter2" not in f"{block!r} {block.model_dump_json()}"


def test_who_is_told_may_take_its_time():
    """Longer than Prefect's ten seconds: it sends what was not answered in time three times more."""
    sink = Sink(delay=11)
    _, block = alarm_block({"SYNDICATE_ALARM_URL": sink.url})
    block.notify("what", "about")
    sink.stop()
    assert sink.told == [{"subject": "about", "body": "what", "text": "about\nwhat"}]
