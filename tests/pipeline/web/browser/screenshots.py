"""Pictures of the page for the docs: `python -m tests.pipeline.web.browser.screenshots docs/watch-room`."""

import argparse
import io
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import zmq
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.bus.address import preview_address
from pipeline.bus.preview.message import pack
from pipeline.web.live.room import LiveRoom
from tests.pipeline.web.browser.serve import serve_room
from tests.pipeline.web.showroom import ShowNode, make_room, show_node

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SHOWN = ("live", "why-dark", "timeline", "track-dark", "live-narrow")
"""What docs/watch-room.md shows."""
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def playing(node: ShowNode, *, every: float = 0.5) -> Iterator[None]:
    """The node goes on, in a thread, and publishes pictures."""
    stop = threading.Event()

    def play() -> None:
        with zmq.Context() as context, context.socket(zmq.PUB) as pictures:
            pictures.linger = 0
            pictures.bind(preview_address(node.address))
            node.begin()
            while not stop.wait(every):
                node.tick()
                for preview in node.previews():
                    pictures.send_multipart(pack(preview))

    thread = threading.Thread(target=play, name="show-node")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def open_room(folder: Path) -> Iterator[str]:
    """A watch room in which something happens; gives its address."""
    with show_node() as node:
        live = LiveRoom([node.address], previews=[preview_address(node.address)])
        with playing(node), serve_room(make_room(folder, live)) as address:
            yield address


def wait_for_pictures(page: Page, cameras: int = 1) -> None:
    """Until so many cameras show a picture (those on the screen do), and all their faces."""
    page.locator(".camera [data-part=image]:not([hidden])").nth(cameras - 1).wait_for()
    page.locator(".camera .faces li").nth(5).wait_for(state="attached")


def photograph(address: str, folder: Path, browser: Browser) -> None:
    """Every page, light, dark and on a telephone."""
    for theme, size, end in (("light", WIDE, ""), ("dark", WIDE, "-dark"), ("dark", NARROW, "-narrow")):
        page = browser.new_page(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
        page.goto(address)
        wait_for_pictures(page, 1 if size is NARROW else 3)
        _keep(page, folder / f"live{end}.webp")
        page.click(".faces button")
        page.wait_for_selector("dialog[open] .reasons")
        _keep(page, folder / f"why{end}.webp")
        for name, path in (("timeline", "/timeline"), ("track", "/tracks/7"), ("search", "/search")):
            page.goto(f"{address}{path}")
            page.wait_for_load_state("networkidle")
            _keep(page, folder / f"{name}{end}.webp")
        page.close()


def _keep(page: Page, path: Path) -> None:
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.save(path, quality=85, method=6)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.pipeline.web.browser.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--all", action="store_true", help="also pictures that the docs do not show")
    options = parser.parse_args()
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as room, open_room(Path(room)) as address, open_browser() as browser:
        photograph(address, folder, browser)
    for picture in folder.glob("*.webp"):
        if not (options.all or picture.stem in SHOWN):
            picture.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
