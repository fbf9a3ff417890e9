"""Five tasks of an operator in a real browser: clicks, keys and the seconds that the page takes.

python -m tests.pipeline.web.browser.tasks [--write docs/watch-room.md] [--film DIR]
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from benchmarks.section import print_markdown, provenance, write_section
from tests.pipeline.web.browser.screenshots import open_browser, open_room
from tests.pipeline.web.showroom import PEOPLE

SIZE: ViewportSize = {"width": 1280, "height": 860}
READ_MS = 1200
SLOW = 30_000  # ms; a change of ten tracks on a busy machine


@dataclass
class Operator:
    """Somebody at the page, whose clicks and keys are counted. pause: milliseconds before each click."""

    page: Page
    address: str
    pause: int = 0
    clicks: int = 0
    keys: int = 0

    def read(self) -> None:
        """Look at what is there, where a film is made; it would be gone otherwise."""
        self.page.wait_for_timeout(self.pause)

    def click(self, what: Locator) -> None:
        self.clicks += 1
        self.read()
        what.click()

    def type(self, where: Locator, text: str) -> None:
        """A click into a field, and its text."""
        self.clicks += 1
        self.keys += len(text)
        where.fill(text)

    def go(self, link: str) -> None:
        """Take a link at the head of the page."""
        self.click(self.page.get_by_role("navigation").get_by_role("link", name=re.compile(f"^{link}")))


def who_was_at_the_door(operator: Operator) -> None:
    page = operator.page
    operator.go("Timeline")
    operator.clicks += 1
    page.get_by_label("Camera").select_option("door")
    operator.click(page.get_by_role("button", name="Show"))
    expect(page.locator(".track").first).to_be_visible(timeout=SLOW)


def name_the_courier(operator: Operator) -> None:
    page = operator.page
    operator.go("Unknown")
    operator.click(page.locator(".track a").first)
    operator.type(page.get_by_label("Name", exact=True), "Courier")
    operator.keys += 1
    page.keyboard.press("Enter")
    expect(page.locator(".told")).to_contain_text("tracks named", timeout=SLOW)


def that_was_not_dan(operator: Operator) -> None:
    page = operator.page
    operator.click(page.locator(".face", has_text="Dan").first)
    operator.click(page.get_by_role("button", name="This is not Dan"))
    expect(page.locator("dialog .told")).to_contain_text("is not Dan", timeout=SLOW)


def tell_me_when_bob_comes(operator: Operator) -> None:
    page = operator.page
    operator.go("People")
    operator.click(page.locator("main a", has_text="Bob").first)
    operator.click(page.get_by_role("button", name="Tell me when Bob comes"))
    expect(page.locator(".told")).to_contain_text("when Bob comes", timeout=SLOW)


def forget_cleo(operator: Operator) -> None:
    page = operator.page
    operator.go("People")
    operator.click(page.locator("main a", has_text="Cleo").first)
    operator.click(page.get_by_role("link", name="Erase Cleo"))
    operator.click(page.get_by_label("Erase for good"))
    operator.click(page.get_by_role("button", name="Erase Cleo"))
    expect(page.locator("h1")).to_contain_text("Cleo", timeout=SLOW)


TASKS: dict[str, tuple[Callable[[Operator], None], str]] = {
    "Who was at the door?": (who_was_at_the_door, ""),
    "Name the courier": (name_the_courier, "all tracks of that unknown person"),
    "That was not Dan": (that_was_not_dan, ""),
    "Tell me when Bob comes": (tell_me_when_bob_comes, "the rule is in the file; `glimpse alerts run` takes it up"),
    "Forget Cleo": (forget_cleo, "all stores of the settings"),
}


def run(folder: Path, film: Path | None = None) -> str:
    """Do all tasks in a room of generated people; returns the table. film: a folder for a video of each task."""
    rows = ["| task | clicks | keys | seconds | note |", "| --- | ---: | ---: | ---: | --- |"]
    with open_room(folder, people=(*PEOPLE[:4], "Bob")) as address, open_browser() as browser:
        for task, (do, note) in TASKS.items():
            with _new_page(browser, film and film / f"{_file_name(task)}.webm") as page:
                page.goto(address)
                page.locator(".camera .face").first.wait_for()
                operator, begin = Operator(page, address, pause=READ_MS if film else 0), time.monotonic()
                do(operator)
                seconds = time.monotonic() - begin
                operator.read()
            rows.append(f"| {task} | {operator.clicks} | {operator.keys} | {seconds:.1f} | {note} |")
    return "\n".join(rows)


@contextmanager
def _new_page(browser: Browser, film: Path | None) -> Iterator[Page]:
    """A page of a browser that knows nothing of those before. film: the file of its video."""
    kept = {"record_video_dir": film.parent, "record_video_size": SIZE} if film else {}
    context = browser.new_context(viewport=SIZE, locale="en-GB", **kept)  # type: ignore[arg-type]
    page = context.new_page()
    try:
        yield page
    finally:
        context.close()
        if film and page.video:
            page.video.save_as(film)
            page.video.delete()


def _file_name(task: str) -> str:
    return re.sub(r"[^a-z]+", "-", task.lower()).strip("-")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the table of this page")
    parser.add_argument("--film", type=Path, metavar="DIR", help="keep a video of each task; the seconds grow by it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = f"{run(Path(folder), options.film)}\n\n{provenance('tests.pipeline.web.browser.tasks')}"
    if options.write:
        write_section(options.write, "tasks", text)
    else:
        print_markdown(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
