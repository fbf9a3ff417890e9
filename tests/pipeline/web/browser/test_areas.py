"""Zones are drawn with the mouse and with the keyboard alone, and arrive in the file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs playwright; the extra test brings it")
from playwright.sync_api import Page, expect

from configs.strict_yaml import parse_yaml
from tests.pipeline.web.browser.screenshots import CHROMIUM, open_browser, open_room

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium; apt-get install chromium"),
]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with open_room(tmp_path) as address, open_browser() as browser:
        opened = browser.new_page()
        opened.goto(f"{address}/admin/cameras/door/areas")
        yield opened


def test_a_zone_by_mouse_and_a_mask_by_keyboard(page: Page, tmp_path: Path) -> None:
    page.click("#add-zone")
    page.fill("#list input", "the till")
    box = page.locator("#canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    expect(page.locator("#canvas circle")).to_have_count(5)
    page.mouse.move(box["x"] + 0.35 * box["width"], box["y"] + 0.35 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"], steps=3)
    page.mouse.up()
    page.focus("#add-mask")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    expect(page.locator("#canvas circle")).to_have_count(3)
    page.keyboard.press("Delete")
    expect(page.locator("#where")).to_contain_text("three points")
    page.focus("#save")
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_contain_text("Saved")
    text = (tmp_path / "site.yaml").read_text()
    door = parse_yaml(text)["cameras"][0]
    assert text.startswith("# The shop.\n")
    [first, second, *_] = door["zones"]["the till"]
    assert first == pytest.approx([0.2, 0.2], abs=0.01)
    assert second == pytest.approx([0.5, 0.1], abs=0.01)
    assert door["masks"] == [[[0.65, 0.35], [0.65, 0.65], [0.35, 0.65]]]


def test_a_mistake_is_said_and_nothing_is_saved(page: Page, tmp_path: Path) -> None:
    before = (tmp_path / "site.yaml").read_text()
    page.click("#add-zone")
    page.fill("#list input", " ")
    page.click("#save")
    expect(page.locator("#saved")).to_have_text("A zone needs a name.")
    page.fill("#list input", "x")
    (tmp_path / "site.yaml").write_text(before + "node: other\n")
    page.click("#save")
    expect(page.locator("#saved")).to_contain_text("somebody else")
    assert (tmp_path / "site.yaml").read_text() == before + "node: other\n"
