"""A person at Prefect's UI: a real browser that fills forms, clicks and looks."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PICTURES = "SYNDICATE_TEST_PICTURES"
"""Names the folder to which pictures go, if they are wanted."""


class Browser:
    """Chromium on one of Prefect's pages."""

    def __init__(self, ui: str):
        self._ui = ui
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        self.page = self._browser.new_page(viewport={"width": 1200, "height": 900})
        self.page.set_default_timeout(180_000)

    def theme(self, name):
        """Choose the colours of the pages from here on: "light" or "dark"."""
        self.page.add_init_script(f"localStorage.setItem('color-scheme', '\"{name}\"')")

    def go(self, path):
        """Open a page."""
        self.page.goto(self._ui + path)

    def field(self, name):
        """Return a parameter's field of the form."""
        label = self.page.locator(".schema-form-property__label", has_text=re.compile(rf"^{name}( \(Optional\))?$"))
        return self.page.locator(".p-label.schema-form-property").filter(has=label).last

    def fill(self, **values):
        """Fill in fields of the form; True turns a switch on."""
        for name, value in values.items():
            if value is True:
                self.field(name).locator(".p-toggle__control, input[type=checkbox], button[role=switch]").first.click()
            else:
                self.field(name).locator("textarea").fill(value)

    def click(self, name):
        """Click the last button of this name: a dialogue's lies above the page's."""
        self.page.get_by_role("button", name=name, exact=True).last.click()

    def tab(self, name):
        """Open a tab of a run's page."""
        self.page.locator("li.p-tab", has_text=name).click()

    def see(self, text):
        """Wait until a text is on the page."""
        self.page.get_by_text(text).first.wait_for()

    def picture(self, name, height=900):
        """Take a picture of the page, where pictures are wanted."""
        folder = os.environ.get(PICTURES)
        if folder:
            self.page.set_viewport_size({"width": 1200, "height": height})
            self.page.wait_for_timeout(1500)
            self.page.screenshot(path=Path(folder) / f"ui-{name}.png")

    def picture_of(self, part, name):
        """Take a picture of one part of the page, where pictures are wanted."""
        folder = os.environ.get(PICTURES)
        if folder:
            part.screenshot(path=Path(folder) / f"ui-{name}.png")

    def stop(self):
        """Close it."""
        self._browser.close()
        self._playwright.stop()
