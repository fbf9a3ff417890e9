"""The page in Debian's Chromium with names of every script and of a hundred letters, in a browser of another zone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs playwright; the extra test brings it")
from playwright.sync_api import Browser, Page, expect

from pipeline.events import NodeClock
from pipeline.history.reader import HistoryReader
from pipeline.site import site_time
from pipeline.web.live.room import LiveRoom
from pipeline.web.room import Room
from recognizer.gallery.store import Gallery
from tests.pipeline.web.browser.screenshots import CHROMIUM, NARROW, open_browser
from tests.pipeline.web.browser.serve import serve_room
from tests.pipeline.web.showroom import ShowNode, make_gallery, make_history, show_node
from tests.synthetic.events import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium; apt-get install chromium"),
]
HEBREW, ARABIC = "\u05e9\u05e8\u05d4 \u05db\u05d4\u05df", "\u0645\u062d\u0645\u062f \u0639\u0644\u064a"
CHINESE, KOREAN = "\u674e\u96f7", "\uae40\uc11c\uc5f0"
THAI = "\u0e2a\u0e21\u0e0a\u0e32\u0e22 \u0e43\u0e08\u0e14\u0e35"
LONG = "Nebuchadnezzar" * 7 + "\U0001f600x"
NAMES = (HEBREW, ARABIC, CHINESE, KOREAN, THAI, LONG)
CAMERAS = ("\u05db\u05e0\u05d9\u05e1\u05d4", "\u9580", "till")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(timezone_id="America/New_York", viewport=NARROW)  # type: ignore[arg-type]
    opened = context.new_page()
    yield opened
    context.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, ShowNode]]:
    """A page of a site in Tokyo, and its node."""
    site_time.use_zone("Asia/Tokyo")
    history = make_history(tmp_path / "h.db", visits=12, names=NAMES, cameras=CAMERAS)
    gallery = make_gallery(tmp_path / "g.db", NAMES)
    with show_node(names=NAMES) as node:
        room = Room(
            live=LiveRoom([node.address]),
            open_history=lambda: HistoryReader(history),
            open_gallery=lambda: Gallery(gallery, read_only=True),
        )
        with serve_room(room) as address:
            until(lambda: bool(room.live.state.nodes()), poke=node.tick)
            yield address, node
    site_time.use_zone("")


PATHS = (
    "/",
    "/timeline",
    "/tracks/1",
    "/tracks/6",
    "/people",
    f"/person?name={HEBREW}",
    f"/person?name={LONG}",
    "/search",
)


@pytest.mark.parametrize("path", PATHS)
def test_no_name_makes_a_page_wider_than_a_telephone(page: Page, site: tuple[str, ShowNode], path: str) -> None:
    address, node = site
    page.goto(f"{address}{path}")
    if path == "/":
        node.begin()
        node.tick()
        expect(page.locator(".faces button")).to_have_count(6)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_a_name_from_right_to_left_turns_nothing_beside_it(page: Page, site: tuple[str, ShowNode]) -> None:
    """In each card the name begins at the left, below nothing else; and what follows it in a line stays behind it."""
    address, _ = site
    page.goto(f"{address}/person?name={HEBREW}")
    line = page.locator("p.muted", has_text="People /").first
    expect(line.locator("bdi")).to_have_text(HEBREW)
    places = page.evaluate(
        "line => { const name = line.querySelector('bdi').getBoundingClientRect();"
        " const link = line.querySelector('a').getBoundingClientRect(); return [link.right, name.left] }",
        line.element_handle(),
    )
    assert places[0] < places[1]
    button = page.get_by_role("heading", level=1)
    assert page.evaluate("h1 => getComputedStyle(h1.querySelector('bdi')).unicodeBidi", button.element_handle()) == (
        "isolate"
    )


def test_times_are_those_of_the_site_in_any_browser(page: Page, site: tuple[str, ShowNode]) -> None:
    address, node = site
    page.goto(address)
    node.begin()
    time = page.locator("#news time").first
    expect(time).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    stamp = time.get_attribute("datetime") or ""
    assert stamp.endswith("+09:00")
    assert time.inner_text() == stamp[11:19]
    expect(page.locator("footer")).to_contain_text("Times of Asia/Tokyo, JST (UTC+09:00)")


def test_clocks_that_are_off_are_said(page: Page, site: tuple[str, ShowNode]) -> None:
    address, node = site
    page.goto(address)
    node.begin()
    node.clock, node.clock_offset = NodeClock(synchronised=False, max_error=None), -3600.0
    node.tick()
    expect(page.locator("#clocks")).to_have_text("node has a clock that no time server sets (NTP).")
    said = "Its clock is 60.0 min behind the node's, or its pictures arrive so late."
    expect(page.locator("[data-part=clock]").first).to_have_text(said)
    node.clock, node.clock_offset = NodeClock(synchronised=True, max_error=0.01), 0.1
    node.tick()
    expect(page.locator("#clocks")).to_be_hidden()
    expect(page.locator("[data-part=clock]").first).to_be_hidden()
