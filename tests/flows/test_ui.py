"""Prefect's UI as a person uses it: the form filled, the run looked at, Retry clicked; minutes: `pytest -m long`.

With SYNDICATE_TEST_PICTURES=docs/images the pictures of docs/running.md and docs/seeing.md are taken anew.
"""

from __future__ import annotations

import pytest

from tests.exports import export, message
from tests.lived import lived
from tests.servers.browser import Browser
from tests.servers.prefect import Prefect

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Prefect server with its worker."""
    running = Prefect(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
def browser(server):
    """A browser on the server's pages."""
    opened = Browser(server.api.removesuffix("/api"))
    yield opened
    opened.stop()


def test_a_form_is_filled_and_a_failed_run_retried(server, browser, counting, tmp_path):
    """The form has a field for everything; the run says what happened; Retry sends exactly the dead letter."""
    place = counting(reject_containing="text 3")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 6)])
    before = server.runs()

    browser.go(f"/deployments/deployment/{server.deployment('telegram-export-to-webhook')}/run")
    browser.see("new_store")
    assert browser.page.locator(".schema-form-property .p-code-input, .schema-form-property .cm-editor").count() == 0
    browser.fill(export=str(source), url=place.url, name="looked-at", from_beginning=True)
    browser.picture("form", height=2000)
    browser.click("Submit")
    browser.page.wait_for_url(lambda url: not url.endswith("/run"))
    (run_id,) = server.runs() - before

    server.wait(run_id, "Failed", seconds=600)
    browser.go(f"/runs/flow-run/{run_id}")
    browser.see("telegram_export → webhook: 4 new, 0 edited, 1 dead")
    browser.picture("run", height=760)
    browser.tab("Artifacts")
    browser.see("1 not delivered, and why")
    for artifact in server.artifact_ids(run_id):
        browser.go(f"/artifacts/artifact/{artifact['id']}")
        browser.see(artifact["key"])
        browser.picture(f"artifact-{artifact['key']}", height=560)
    assert len(place.effects()) == 4

    place.control(reject_containing="")
    browser.go(f"/runs/flow-run/{run_id}")
    browser.click("Retry")
    browser.picture("retry", height=640)
    browser.see("This will retry flow run")
    browser.click("Retry")
    server.wait(run_id, "Completed", seconds=600)
    assert [effect["id"] for effect in place.effects()].count("telegram:42/3") == 1
    assert len(place.effects()) == 5
    browser.go(f"/runs/flow-run/{run_id}")
    browser.see("telegram_export → webhook: 1 new, 0 edited, 0 dead")
    browser.picture("retried", height=760)


def test_the_overview_leads_to_the_runs(server, browser, tmp_path):
    """Every pair is on one page, whatever the colours; a run's page shows the history of its pair as a picture."""
    lived(server.environment["SYNDICATE_DATABASE_URL"])
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 6)])
    for _ in range(2):
        run_id = server.deployment_run(
            "telegram-export-to-local/default", export=str(source), archive=str(tmp_path / "archive")
        )
        server.wait(run_id, "Completed", seconds=600)
    looked = server.deployment_run("overview/default")
    server.wait(looked, "Completed", seconds=600)

    (artifact,) = server.artifact_ids(looked)
    for colours in ("light", "dark"):
        browser.theme(colours)
        browser.go(f"/artifacts/artifact/{artifact['id']}")
        browser.see("rss → webhook")
        browser.see("until the channel is approved")
        browser.picture(f"overview-{colours}", height=1000)
    row = browser.page.get_by_role("row").filter(has_text="telegram_export → local")
    with browser.page.expect_popup() as opened:
        row.get_by_role("link", name="well").click()
    opened.value.wait_for_url(f"**/runs/flow-run/{run_id}*")

    (summary,) = [one for one in server.artifact_ids(run_id) if one["key"] == "summary"]
    browser.go(f"/artifacts/artifact/{summary['id']}")
    browser.see("The pair's last runs")
    picture = browser.page.get_by_alt_text("delivered in the last 2 runs: █▁")
    picture.wait_for()
    assert picture.evaluate("shown => shown.naturalWidth") > 0
    # The chart alone: around it stand paths of the machine that this runs on.
    browser.picture_of(picture, "history")
