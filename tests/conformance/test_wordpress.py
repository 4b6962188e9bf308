"""The kit on a real WordPress."""

from __future__ import annotations

from functools import partial

import pytest
from pydantic import SecretStr

from adapters.conformance.sources import Feed, SourceSuite
from adapters.sources.wordpress import Login, WordPressSettings
from adapters.sources.wordpress.source import WordPressSource
from tests.pictures import picture

FILL = """
foreach (range(1, 13) as $n) wp_insert_post(['post_title' => "post $n", 'post_content' => "<p>text $n</p>",
  'post_status' => 'publish', 'post_type' => $n % 4 ? 'post' : 'page',
  'post_date_gmt' => gmdate('Y-m-d H:i:s', 1735689600 + $n * 60)]);
wp_insert_post(['post_title' => 'broken', 'post_content' => '[boom]', 'post_status' => 'publish',
  'post_date_gmt' => '2020-01-01 00:00:00']);
"""


class TestWordPress(SourceSuite):
    """A site of fifteen posts and pages, one that shows two pictures and one that breaks its server among them."""

    adapter = WordPressSource
    has_secret = True

    @pytest.fixture
    def feed(self, wordpress):
        """A site that is emptied and filled for each check."""
        wordpress.php(FILL)
        pictures = [wordpress.upload(f"{name}.png", picture(name, 40, 30)) for name in "ab"]
        images = "".join(f'<img class="wp-image-{one["id"]}" src="{one["source_url"]}">' for one in pictures)
        album = wordpress.publish(content=f"<figure>{images}</figure>", date_gmt="2025-01-02T00:00:00")
        settings = WordPressSettings(wordpress=wordpress.url)
        password = wordpress.logins["admin"]
        place = f"wordpress:127.0.0.1:{wordpress.port}"

        def does(number, code):
            """Change something in PHP; returns the id of what it is about."""
            return f"{place}/{wordpress.php(code) or number}"

        at = "'post_date_gmt' => '2025-02-01 00:00:00'"
        return Feed(
            open=partial(WordPressSource, settings, Login(user="admin", password=SecretStr(password)), page_size=5),
            ids=[f"{place}/{number}" for number in (*range(1, 14), album)],
            edit=lambda: does(6, "wp_update_post(['ID' => 6, 'post_content' => '<p>edited</p>']);"),
            count=lambda: does(5, "wp_insert_comment(['comment_post_ID' => 5, 'comment_content' => 'nice']);"),
            append=lambda: does(0, f"return wp_insert_post(['post_title' => 'n', 'post_status' => 'publish', {at}]);"),
            delete=lambda: does(7, "wp_delete_post(7, true);"),
            secret=password,
        )
