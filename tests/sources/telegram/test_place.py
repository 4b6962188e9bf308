"""Which chat is meant: names, links, invitations and numbers, as people write them."""

from __future__ import annotations

import pytest

from adapters.contracts.errors import ConfigurationError
from adapters.sources.telegram.place import Wanted, wanted


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("@Lake", Wanted(name="lake")),
        ("lake", Wanted(name="lake")),
        (" https://t.me/lake/123?single ", Wanted(name="lake")),
        ("t.me/s/lake", Wanted(name="lake")),
        ("https://telegram.me/lake", Wanted(name="lake")),
        ("https://t.me/+AbCdEfGhIjKlMnOp", Wanted(invite="AbCdEfGhIjKlMnOp")),
        ("t.me/joinchat/AbCdEfGhIjKlMnOp", Wanted(invite="AbCdEfGhIjKlMnOp")),
        ("https://t.me/c/1234567890/55", Wanted(number=1234567890)),
        ("-1001234567890", Wanted(number=1234567890)),
        ("1234567890", Wanted(number=1234567890)),
        ("channel1234567890", Wanted(number=1234567890)),
        ("-456", Wanted(kind="chat", number=456)),
        ("chat456", Wanted(kind="chat", number=456)),
        ("user7", Wanted(kind="user", number=7)),
    ],
)
def test_what_people_write_is_understood(text, means):
    """Each form that Telegram itself shows."""
    assert wanted(text) == means


@pytest.mark.parametrize("text", ["", "@", "two words", "https://example.com/lake", "ё", "a/b", "-", "+12", "@a\n"])
def test_what_is_no_chat_is_said(text):
    """One line with what can be written."""
    with pytest.raises(ConfigurationError, match="--channel"):
        wanted(text)


def test_a_private_channel_is_found_by_number_among_the_accounts_chats(lake):
    """A number alone opens nothing: the account's own list has the rest, once."""
    hidden = lake.world.channel("Hidden")
    hidden.post("secret tea")
    for form in (str(hidden.id), f"-100{hidden.id}", f"https://t.me/c/{hidden.id}/1"):
        source = lake.source(form)
        assert (source.identity, source.title) == (f"telegram:{hidden.id}", "Hidden")
    lake.asked()
    source = lake.source(str(hidden.id))
    assert source.identity == f"telegram:{hidden.id}"
    assert lake.asked() == []


def test_an_invitation_that_was_taken_leads_there(lake):
    """One that was not says so: the pack joins nothing by itself."""
    invited = lake.world.channel("Invited", invite="AbCdEfGhIjKlMnOp")
    assert lake.source("t.me/+AbCdEfGhIjKlMnOp").identity == f"telegram:{invited.id}"
    other = lake.world.channel("Other", invite="ZzCdEfGhIjKlMnOp")
    lake.account.leave(other)
    with pytest.raises(ConfigurationError, match="join"):
        _ = lake.source("t.me/+ZzCdEfGhIjKlMnOp").identity


@pytest.mark.parametrize("channel", ["@nobody_here", "t.me/+AAAAAAAAAAAAAAAA", "4242", "chat77", "user99"])
def test_what_is_not_there_is_said(lake, channel):
    """By the words that were given."""
    with pytest.raises(ConfigurationError, match="--channel") as caught:
        _ = lake.source(channel).identity
    assert channel in str(caught.value)
