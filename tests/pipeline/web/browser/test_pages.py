"""The page in Debian's Chromium: by eye, by keyboard, narrow, dark, with axe-core, and with names that are attacks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="needs playwright; the extra test brings it")
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pipeline.events import GalleryHealth
from pipeline.history.reader import HistoryReader
from pipeline.web.live.room import LiveRoom
from pipeline.web.room import Room
from recognizer.gallery.store import Gallery
from tests.pipeline.web.browser.console import without_errors
from tests.pipeline.web.browser.screenshots import CHROMIUM, NARROW, open_browser, open_room, wait_for_pictures
from tests.pipeline.web.browser.serve import serve_room
from tests.pipeline.web.showroom import make_gallery, make_history, show_node
from tests.synthetic.events import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium; apt-get install chromium"),
]
PATHS = (
    "/",
    "/timeline",
    "/timeline?person=Ada",
    "/timeline?before=1999-01-01",
    "/search",
    "/tracks/7",
    "/people",
    "/person?name=Ada",
    "/unknown",
    "/unknown/1",
    "/alerts",
    "/admin/erase?name=Ada",
    "/nothing",
)
PATHS += ("/cameras", "/cameras/door", "/admin/cameras/door/areas", "/settings", "/admin/cameras", "/about")
PATHS += ("/alerts/rules/new?person=Ada", "/alerts/rules/2", "/audit")
EVIL = "<img src=x onerror=window.evil=1>"
BAD = ("serious", "critical")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with open_room(tmp_path_factory.mktemp("room")) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with without_errors(browser, but="status of 404") as opened:
        yield opened


def faults(page: Page) -> list[Any]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in BAD]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_serious(page: Page, address: str, path: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}{path}")
    if path == "/":
        wait_for_pictures(page)
    assert faults(page) == []


def test_axe_finds_nothing_serious_in_the_panel(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(".faces button").first.click()
    page.locator("dialog[open] .reasons").wait_for()
    assert faults(page) == []


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_a_telephone(page: Page, address: str, path: str) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.goto(f"{address}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_by_keyboard_alone_to_why_a_face_has_its_name(page: Page, address: str) -> None:
    page.goto(address)
    wait_for_pictures(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert "Ada" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open] h2")).to_have_text("Ada")
    expect(page.locator("dialog[open]")).to_contain_text("margin 0.25 above 0.08")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert "Ada" in page.evaluate("document.activeElement.textContent")  # where it was, though events went on


def test_a_click_on_a_box_opens_the_same(page: Page, address: str) -> None:
    page.goto(address)
    wait_for_pictures(page)
    page.locator(".picture g").first.click(force=True)
    expect(page.locator("dialog[open] h2")).to_have_text("Ada")


def test_pictures_and_boxes_move(page: Page, address: str) -> None:
    page.goto(address)
    wait_for_pictures(page)
    image, box = page.locator("[data-part=image]").first, page.locator(".picture rect").first
    before, left = image.get_attribute("src"), box.get_attribute("x")
    expect(image).not_to_have_attribute("src", before or "")
    expect(box).not_to_have_attribute("x", left or "")


def test_scrolling_brings_the_rest(page: Page, address: str) -> None:
    page.goto(f"{address}/timeline")
    expect(page.locator(".track")).to_have_count(48)
    page.mouse.wheel(0, 20_000)
    expect(page.locator(".track")).to_have_count(60)
    expect(page.locator(".more")).to_have_count(0)


def test_the_chosen_colours_are_kept(page: Page, address: str) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(address)
    page.click("#theme")
    page.goto(f"{address}/search")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 21, 20)"
    page.evaluate("localStorage.clear()")


@pytest.mark.parametrize("path", ["/", "/timeline", "/tracks/7"])
def test_nothing_shifts_while_a_page_comes(page: Page, address: str, path: str) -> None:
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => {"
        " for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value"
        "}).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(f"{address}{path}")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.shift") < 0.02


def test_it_loads_nothing_from_elsewhere(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PATHS:
        page.goto(f"{address}{path}")
    assert {url for url in asked if not url.startswith((address, "blob:"))} == set()


def test_names_that_are_attacks_do_nothing(page: Page, tmp_path: Path) -> None:
    history = make_history(tmp_path / "h.db", visits=4, names=(EVIL,), cameras=(EVIL,))
    gallery = make_gallery(tmp_path / "g.db", (EVIL,))
    with show_node(names=(EVIL,)) as node:
        room = Room(
            live=LiveRoom([node.address]),
            open_history=lambda: HistoryReader(history),
            open_gallery=lambda: Gallery(gallery, read_only=True),
        )
        with serve_room(room) as address:
            page.goto(address)
            until(lambda: bool(room.live.state.nodes()), poke=node.tick)
            node.begin()
            node.tick()
            expect(page.locator(".faces button").first).to_contain_text(EVIL)
            page.locator(".faces button").first.click()
            expect(page.locator("dialog[open] h2")).to_have_text(EVIL)
            for path in ("/timeline", "/search", "/tracks/1"):
                assert page.evaluate("window.evil") is None
                page.goto(f"{address}{path}")
                expect(page.locator("main")).to_contain_text(EVIL)
            assert page.evaluate("window.evil") is None


def test_a_server_that_is_away_is_said_and_comes_back(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page()
    with show_node() as node:
        live = LiveRoom([node.address])
        with serve_room(Room(live=live)) as address:
            page.goto(address)
            until(lambda: bool(live.state.nodes()), poke=node.tick)
            node.begin()
            expect(page.locator("#link")).to_have_text("Live", timeout=10_000)
            expect(page.locator(".faces li")).to_have_count(6)
        expect(page.locator("#link")).to_contain_text("lost", timeout=10_000)
        again = LiveRoom([node.address])
        with serve_room(Room(live=again), port=int(address.rpartition(":")[2])):
            until(lambda: bool(again.state.nodes()), poke=node.tick)
            expect(page.locator("#link")).to_have_text("Live", timeout=15_000)
            expect(page.locator(".faces li")).to_have_count(6)
    page.close()


def test_a_node_without_its_gallery_is_said_and_no_more_once_people_are_named_again(browser: Browser) -> None:
    page = browser.new_page()
    with show_node() as node:
        live = LiveRoom([node.address])
        with serve_room(Room(live=live)) as address:
            page.goto(address)
            for stale, shown in ((True, "Nobody is named"), (False, "Live")):
                node.gallery = GalleryHealth(change=7, age=42.0 if stale else 0.1, stale=stale)
                node.tick()
                expect(page.locator("#link")).to_have_text(shown, timeout=10_000)
                expect(page.locator("#nameless")).to_be_visible(visible=stale)
                if stale:
                    said = "node names nobody: the gallery could not be confirmed for 42 s."
                    expect(page.locator("#nameless")).to_have_text(said)
                    assert faults(page) == []
    page.close()


def test_a_node_that_falls_silent_is_said(browser: Browser) -> None:
    page = browser.new_page()
    with show_node() as node:
        live = LiveRoom([node.address])
        with serve_room(Room(live=live)) as address:
            page.goto(address)
            until(lambda: bool(live.state.nodes()), poke=node.tick)
            expect(page.locator("#silent")).to_be_hidden()
            expect(page.locator("#silent")).to_contain_text("node has been silent", timeout=15_000)
    page.close()
