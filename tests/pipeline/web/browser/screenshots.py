"""Pictures of the page for the docs: `python -m tests.pipeline.web.browser.screenshots docs/watch-room`."""

import argparse
import io
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import zmq
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.bus.address import preview_address
from pipeline.bus.preview.message import pack
from pipeline.settings.file.config_file import ConfigFile
from pipeline.web.live.room import LiveRoom
from pipeline.web.range_map import Naming
from recognizer.calibration import Band, Calibration
from recognizer.decide import DecisionRule
from tests.pipeline.web.browser.serve import serve_room
from tests.pipeline.web.showroom import CAMERAS, PEOPLE, SAMPLE_EVERY, ShowNode, hear, make_room, show_node

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
SHOWN = ("live", "why-dark", "timeline", "track-dark", "live-narrow", "person", "unknown-dark", "alerts")
SHOWN += ("camera", "areas-dark", "settings", "about", "rule", "changes-dark")
"""What docs/watch-room.md shows."""
PAGES = {
    "timeline": "/timeline",
    "track": "/tracks/7",
    "search": "/search",
    "people": "/people",
    "person": "/person?name=Ada",
    "unknown": "/unknown/1",
    "alerts": "/alerts",
    "rule": "/alerts/rules/2",
    "cameras": "/cameras",
    "camera": "/cameras/door",
    "areas": "/admin/cameras/door/areas",
    "changes": "/audit",
    "settings": "/settings",
    "camera-settings": "/admin/cameras",
    "about": "/about",
}
RULES = """\
alerts:
  file: alerts.db
  bind: tcp://127.0.0.1:5560
  rules:
    - {name: friends, people: [Ada, Ben]}
    - {name: strangers, kind: unknown}
    - name: night
      kind: nobody_else
      people: [Cleo]
      cameras: [yard]
      schedule: {zone: Europe/Berlin, times: [{start: "20:00", end: "06:00"}, {holidays: only}]}
      enabled: false
webhooks: {file: webhooks.db, receivers: [{name: phone, url: "https://ntfy.example/shop", template: ntfy}]}
"""
SETTLED_MS = 1000  # pages of cameras fetch pictures without end
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
def playing(node: ShowNode, alerts: Path, *, every: float = 0.5) -> Iterator[None]:
    """The node goes on, in a thread, and publishes pictures; it is heard by whoever keeps this file of alerts."""
    stop = threading.Event()

    def play() -> None:
        with zmq.Context() as context, context.socket(zmq.PUB) as pictures:
            pictures.linger = 0
            pictures.bind(preview_address(node.address))
            node.begin()
            while not stop.wait(every):
                node.tick()
                hear(alerts)
                for preview in node.previews():
                    pictures.send_multipart(pack(preview))

    thread = threading.Thread(target=play, name="show-node")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def make_config(folder: Path) -> ConfigFile:
    """The file of a watch whose cameras are those of the show."""
    cameras = "\n".join(f"  - name: {name}\n    source: rtsp://10.0.0.2/{name}" for name in CAMERAS)
    (folder / "site.yaml").write_text(f"# The shop.\ncameras:\n{cameras}\n{RULES}")
    return ConfigFile(folder / "site.yaml")


def naming() -> Naming:
    """A recogniser for which faces of the show are a little too small."""
    bands = (
        Band(px=16, looks=1, mean=0, std=0, tail=(0.1, 0.8)),
        Band(px=64, looks=1, mean=0, std=0, tail=(0.1, 0.45)),
    )
    calibration = Calibration(
        model_id="m", command="", data="", date="", rates=(0.1, 0.001), bands=bands, measured=True
    )
    return Naming(calibration, DecisionRule(), people=4)


@contextmanager
def open_room(folder: Path, *, people: Sequence[str] = PEOPLE[:4]) -> Iterator[str]:
    """A watch room in which something happens; gives its address. people: who is enrolled."""
    with show_node() as node:
        live = LiveRoom([node.address], previews=[preview_address(node.address)])
        room = make_room(folder, live, config=make_config(folder), naming=naming, people=people)
        with playing(node, folder / "alerts.db"), serve_room(room) as address:
            yield address


def wait_for_pictures(page: Page, cameras: int = 1) -> None:
    """Until so many cameras show a picture (those on the screen do), and all their faces."""
    page.locator(".camera [data-part=image]:not([hidden])").nth(cameras - 1).wait_for()
    page.locator(".camera .faces li").nth(5).wait_for(state="attached")


def photograph(address: str, folder: Path, browser: Browser) -> None:
    """Every page, light, dark and on a telephone."""
    for theme, size, end in (("light", WIDE, ""), ("dark", WIDE, "-dark"), ("dark", NARROW, "-narrow")):
        page = browser.new_page(viewport=size, color_scheme=theme, locale="en-GB")  # type: ignore[arg-type]
        page.goto(address)
        wait_for_pictures(page, 1 if size is NARROW else 3)
        _keep(page, folder / f"live{end}.webp")
        page.wait_for_timeout(SAMPLE_EVERY * 1000)  # until there are crops
        page.locator(".face", has_text="Dan").first.click()
        page.wait_for_selector("dialog[open] .reasons")
        page.wait_for_timeout(SETTLED_MS)
        _keep(page, folder / f"why{end}.webp")
        if not end:
            _name_a_stranger(page, address)
        for name, path in PAGES.items():
            page.goto(f"{address}{path}")
            page.wait_for_load_state("load")
            page.wait_for_timeout(SETTLED_MS)
            _keep(page, folder / f"{name}{end}.webp")
        page.close()


def _name_a_stranger(page: Page, address: str) -> None:
    """So that there is a change to show."""
    page.goto(f"{address}/unknown/2")
    page.get_by_label("Name", exact=True).fill("Courier")
    page.get_by_role("button", name="Name", exact=True).click()
    page.locator(".told", has_text="tracks named").wait_for()


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
