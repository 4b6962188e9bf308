"""Prefect blocks, one a service, for its secrets; Prefect finds them by its entry point `prefect.collections`.

Prefect imports this wherever it starts, so no service's own library is needed before a block is used.
"""

from tasks.blocks.s3 import S3Credentials
from tasks.blocks.telegram import TelegramCredentials
from tasks.blocks.vk import VkCredentials
from tasks.blocks.webhook import WebhookCredentials
from tasks.blocks.wordpress import WordPressCredentials
from tasks.blocks.youtube import YouTubeCredentials

BLOCKS = (
    S3Credentials,
    TelegramCredentials,
    VkCredentials,
    WebhookCredentials,
    WordPressCredentials,
    YouTubeCredentials,
)
"""All of them; `<service>_block` is the option that names one."""

__all__ = [
    "BLOCKS",
    "S3Credentials",
    "TelegramCredentials",
    "VkCredentials",
    "WebhookCredentials",
    "WordPressCredentials",
    "YouTubeCredentials",
]
