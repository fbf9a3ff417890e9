"""What an operator does in Debian's Chromium: names, corrects, takes back, enrols, acknowledges, erases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs playwright; the extra test brings it")
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.pipeline.web.browser.console import without_errors
from tests.pipeline.web.browser.screenshots import CHROMIUM, FLAGS, open_room
from tests.pipeline.web.browser.test_pages import faults

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium; apt-get install chromium"),
]
CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
SLOW = 30_000  # ms; a change of ten tracks beside other tests


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *CAMERA])
        try:
            yield opened
        finally:
            opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with without_errors(browser) as opened:
        yield opened


def test_naming_from_the_live_page_and_all_that_follows(page: Page, tmp_path: Path) -> None:
    with open_room(tmp_path) as address:
        _correct_in_the_panel(page, address)
        _name_a_stranger(page, address)
        _acknowledge(page, address)
        _take_a_photograph(page, address)
        _erase(page, address)


def _correct_in_the_panel(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".camera", has=page.locator("h2", has_text="till")).locator(".face", has_text="Dan").click()
    page.get_by_role("button", name="This is not Dan").click()
    told = page.locator("dialog .told")
    expect(told).to_contain_text("Track 4 is not Dan.", timeout=SLOW)
    assert faults(page) == []
    told.get_by_role("button", name="Undo").click()
    expect(told).to_contain_text("Taken back.", timeout=SLOW)
    page.keyboard.press("Escape")


def _name_a_stranger(page: Page, address: str) -> None:
    page.goto(f"{address}/unknown")
    page.locator(".track a").first.click()
    page.get_by_label("Name", exact=True).fill("Zora <b>")
    page.keyboard.press("Enter")
    expect(page.locator(".told")).to_contain_text("is Zora <b>: 10 tracks named.", timeout=SLOW)
    assert faults(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".told")).to_contain_text("Taken back.", timeout=SLOW)


def _acknowledge(page: Page, address: str) -> None:
    page.goto(f"{address}/alerts")
    page.get_by_role("button", name="Acknowledge Ben at the till.").click()
    expect(page.locator(".count")).to_have_text("1 open", timeout=SLOW)
    expect(page.locator(".alerts li").first).to_contain_text("local acknowledged it", timeout=SLOW)


def _take_a_photograph(page: Page, address: str) -> None:
    page.goto(f"{address}/people")
    page.get_by_role("button", name="Use this device's camera").click()
    page.get_by_role("button", name="Take a photograph").click()
    expect(page.locator(".taken img")).to_have_count(1)
    page.get_by_role("button", name="Camera off").click()
    page.get_by_label("Name", exact=True).fill("Zora")
    page.get_by_role("button", name="Enrol", exact=True).click()
    expect(page.locator(".told")).to_be_visible(timeout=SLOW)


def _erase(page: Page, address: str) -> None:
    page.goto(f"{address}/person?name=Cleo")
    page.get_by_role("link", name="Erase Cleo").click()
    page.get_by_role("button", name="Erase Cleo").click()  # the browser asks for the tick first
    expect(page.get_by_role("heading", name="Erase Cleo for good?")).to_be_visible()
    page.get_by_label("Erase for good").check()
    page.get_by_role("button", name="Erase Cleo").click()
    expect(page.locator("h1")).to_contain_text("Cleo", timeout=SLOW)
    page.goto(f"{address}/people")
    expect(page.locator("main")).not_to_contain_text("Cleo")
