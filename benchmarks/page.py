"""How soon the page of a history of 100,000 tracks is seen: `python -m benchmarks.page --write docs/watch-room.md`.

Debian's Chromium opens each page five times, each time as a browser that has never been there.
"""

import argparse
import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.history import fill
from benchmarks.section import print_markdown, provenance, write_section
from configs.markdown import table
from detectors.runtime import Runtime
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from pipeline.web.security.server import make_server
from recognizer.load import EMBEDDED, load_recognizer

CHROMIUM = "/usr/bin/chromium"
TIMES = 5
PAGES = {
    "live": "/",
    "timeline": "/timeline",
    "timeline of a person": "/timeline?person=Person+7",
    "timeline of a size that no track has": "/timeline?min_px=5000",
    "track": "/tracks/500",
}
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
ANSWER = "performance.getEntriesByType('navigation')[0].responseEnd"


@contextmanager
def serve(history: Path, port: int) -> Iterator[str]:
    """The protected page, in a thread; gives its address."""
    settings = WebSettings(address=f"127.0.0.1:{port}", requests_per_minute=1_000_000)
    room = Room(settings=settings, open_history=lambda: HistoryReader(history))
    server = make_server(secure(make_app(room), settings), settings, on_exit=room.live.hub.close)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield f"http://{settings.address}"
    finally:
        server.should_exit = True
        thread.join()


def visit(browser: Browser, url: str) -> tuple[float, float]:
    """Milliseconds from the request to the first paint, and to the end of the answer."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    while (paint := page.evaluate(PAINT)) is None:
        page.wait_for_timeout(20)
    answer = page.evaluate(ANSWER)
    context.close()
    return float(paint), float(answer)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--tracks", type=int, default=100_000, help="tracks in the history")
    parser.add_argument("--port", type=int, default=18080, help="port of the page")
    parser.add_argument("--write", type=Path, help="page to write the table into")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder) / "history.db"
        with HistoryWriter(history) as writer:
            fill(writer.database, options.tracks, load_recognizer(EMBEDDED, runtime=Runtime()))
        with serve(history, options.port) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            for name, path in PAGES.items():
                seen = [visit(browser, f"{address}{path}") for _ in range(TIMES)]
                paints, answers = zip(*seen, strict=True)
                rows.append(
                    [
                        name,
                        f"{statistics.median(answers):.0f}",
                        f"{statistics.median(paints):.0f}",
                        f"{max(paints):.0f}",
                    ]
                )
            browser.close()
    head = [
        f"page, {options.tracks:,} tracks",
        "answer, median ms",
        "first paint, median ms",
        "first paint, slowest ms",
    ]
    text = f"{table(head, rows)}\n\n{provenance('benchmarks.page')}"
    if options.write:
        write_section(options.write, "page", text)
    print_markdown(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
