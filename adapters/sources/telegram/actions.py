"""What a service message records, by tdesktop's names (export_output_json.cpp)."""

from __future__ import annotations

import re
from typing import Any

PREFIX = "MessageAction"
CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
NAMES = {
    "ChatCreate": "create_group",
    "ChatEditTitle": "edit_group_title",
    "ChatEditPhoto": "edit_group_photo",
    "ChatDeletePhoto": "delete_group_photo",
    "ChatAddUser": "invite_members",
    "ChatDeleteUser": "remove_members",
    "ChatJoinedByLink": "join_group_by_link",
    "ChatJoinedByRequest": "join_group_by_request",
    "ChannelCreate": "create_channel",
    "ChatMigrateTo": "migrate_to_supergroup",
    "ChannelMigrateFrom": "migrate_from_group",
    "PinMessage": "pin_message",
    "HistoryClear": "clear_history",
    "GameScore": "score_in_game",
    "PaymentSent": "send_payment",
    "PaymentSentMe": "send_payment",
    "PhoneCall": "phone_call",
    "ConferenceCall": "conference_call",
    "ScreenshotTaken": "take_screenshot",
    "BotAllowed": "allow_sending_messages",
    "SecureValuesSent": "send_passport_values",
    "ContactSignUp": "joined_telegram",
    "GeoProximityReached": "proximity_reached",
    "InviteToGroupCall": "invite_to_group_call",
    "SetMessagesTTL": "set_messages_ttl",
    "SetChatTheme": "edit_chat_theme",
    "WebViewDataSent": "send_webview_data",
    "GiftPremium": "send_premium_gift",
    "TopicCreate": "topic_created",
    "GiftCode": "gift_code_prize",
    "PaymentRefunded": "refunded_payment",
    "GiftStars": "send_stars_gift",
    "GiftTon": "send_ton_gift",
    "PrizeStars": "stars_prize",
    "StarGift": "send_star_gift",
    "StarGiftUnique": "send_star_gift",
    "PaidMessagesRefunded": "paid_messages_refund",
    "PaidMessagesPrice": "paid_messages_price_change",
    "SuggestedPostApproval": "process_suggested_post",
}
"""Those whose name is not the constructor's own, words joined by underscores."""


def action_of(action: Any) -> str:
    """Name an action; one that tdesktop does not know by its constructor's name."""
    name = type(action).__name__.removeprefix(PREFIX)
    return NAMES.get(name) or CAPITAL.sub("_", name).lower()
