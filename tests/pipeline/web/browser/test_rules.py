"""Alert rules in Debian's Chromium, and what they lead to: real processes raise the alert and send it on."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs playwright; the extra test brings it")
from playwright.sync_api import Browser, Page, expect

from configs.strict_yaml import parse_yaml
from pipeline.bus.publisher import Publisher
from pipeline.events import TrackAction
from pipeline.settings.file.config_file import ConfigFile
from tests.pipeline.web.browser.console import without_errors
from tests.pipeline.web.browser.screenshots import CHROMIUM, NARROW, open_browser
from tests.pipeline.web.browser.serve import serve_room
from tests.pipeline.web.browser.test_pages import faults
from tests.pipeline.web.showroom import make_room
from tests.synthetic.alert_site import seen
from tests.synthetic.events import EPOCH, NODE, health, identity, track, until
from tests.synthetic.http_receiver import http_receiver

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium; apt-get install chromium"),
]
SLOW = 30_000  # ms
CONFIG = """\
# The shop.
node: {node}
events: {{bind: "ipc://{folder}/bus"}}
history: {{file: history.db}}
alerts:
  file: told.db   # kept
  bind: "ipc://{folder}/alerts"
  outbox: outbox.db
webhooks:
  file: webhooks.db
  receivers: [{{name: phone, url: "{url}"}}]
cameras:
  - {{name: door, source: "rtsp://10.0.0.2/door"}}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with without_errors(browser, but="status of 400") as opened:
        yield opened


class Node:
    """Publishes one person who comes and goes, again and again."""

    def __init__(self, folder: Path, person: str) -> None:
        self._bus = Publisher(f"ipc://{folder}/bus", node=NODE, epoch=EPOCH, outbox=str(folder / "node.db"))
        self._person, self.visits, self._beats = person, 0, 0

    def beat(self) -> None:
        self._bus.on_event(health(self._beats, {}))
        self._beats += 1

    def come(self) -> None:
        """One more visit, now."""
        self.visits += 1
        when = {"track": self.visits, "wall_time": time.time()}
        look, first = seen(self._person), 3 * (self.visits - 1)
        self._bus.on_event(track(first, action=TrackAction.NEW, age=0.0, **when))
        self._bus.on_event(identity(self.visits - 1, person=self._person, number=self.visits))
        self._bus.on_event(track(first + 1, evidence=look, **when))
        self._bus.on_event(track(first + 2, evidence=look, action=TrackAction.END, **when))

    def close(self) -> None:
        self._bus.close()


def start(stack: ExitStack, config: Path, *words: str) -> None:
    """A real process, ended with SIGTERM."""
    process = subprocess.Popen([sys.executable, "-m", "glimpse", *words, "--config", str(config)])

    def end() -> None:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    stack.callback(end)


def test_a_click_on_a_persons_page_reaches_a_webhook_while_everything_runs(page: Page, tmp_path: Path) -> None:
    config = tmp_path / "site.yaml"
    with ExitStack() as stack:
        receiver = stack.enter_context(http_receiver())
        config.write_text(CONFIG.format(node=NODE, folder=tmp_path, url=receiver.url))
        before = config.read_text()
        node = stack.enter_context(closing(Node(tmp_path, "Ada")))
        start(stack, config, "alerts", "run")
        start(stack, config, "webhooks")
        room = make_room(tmp_path, visits=6, config=ConfigFile(config), alerts=tmp_path / "told.db")
        address = stack.enter_context(serve_room(room))
        until(lambda: (tmp_path / "told.db").exists(), poke=node.beat, seconds=30)
        for _ in range(3):
            node.come()
        assert receiver.received == []

        page.goto(f"{address}/people")
        page.locator("main a", has_text="Ada").first.click()
        page.get_by_role("button", name="Tell me when Ada comes").click()
        expect(page.locator(".told")).to_contain_text("From now on an alert tells when Ada comes.", timeout=SLOW)
        assert faults(page) == []

        def come() -> None:
            node.come()
            node.beat()

        until(lambda: len(receiver.received) > 0, poke=come, seconds=40)
        assert b"Ada was seen" in receiver.received[0].body
        page.goto(f"{address}/alerts")
        expect(page.locator(".alerts li").first).to_contain_text("Ada was seen", timeout=SLOW)
        expect(page.locator("#rules")).not_to_contain_text("No alerts process")
    rule = "  rules:\n    - name: Ada\n      people: [Ada]\n"
    assert config.read_text() == before.replace("outbox: outbox.db\n", f"outbox: outbox.db\n{rule}")
    assert len({request.headers["webhook-id"] for request in receiver.received}) == len(receiver.received) == 1


def test_a_rule_is_added_by_keyboard_then_edited_paused_and_removed(page: Page, tmp_path: Path) -> None:
    config = tmp_path / "site.yaml"
    config.write_text(CONFIG.format(node=NODE, folder=tmp_path, url="http://127.0.0.1:1/"))
    room = make_room(tmp_path, visits=6, config=ConfigFile(config), alerts=tmp_path / "told.db")
    with serve_room(room) as address:
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        page.goto(f"{address}/alerts")
        page.get_by_role("link", name="Add a rule").click()
        page.get_by_label("Somebody stays").focus()
        page.keyboard.press("Space")
        expect(page.get_by_label("Seen for at least, s")).to_be_visible()
        expect(page.get_by_label("False-alarm rate")).to_be_hidden()
        page.get_by_label("Seen for at least, s").fill("soon")
        page.get_by_label("door", exact=True).check()
        expect(page.get_by_label("Name of the rule")).to_have_value("Somebody stays")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        page.keyboard.press("Enter")
        expect(page.locator(".warning")).to_contain_text("Nothing is saved", timeout=SLOW)
        expect(page.get_by_label("Seen for at least, s")).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_label("door", exact=True)).to_be_checked()
        assert faults(page) == []
        page.get_by_label("Seen for at least, s").fill("90")
        page.get_by_role("button", name="Add the rule").click()
        expect(page.locator(".told")).to_contain_text("When anybody stays 1 min 30 s or longer · door", timeout=SLOW)
        page.get_by_role("link", name="Edit Somebody stays").click()
        page.get_by_label("Mon").last.check()
        page.get_by_label("From", exact=True).last.fill("20:00")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#rules")).to_contain_text("Mon 20:00 to 24:00", timeout=SLOW)
        page.get_by_role("button", name="Pause Somebody stays").click()
        expect(page.locator("#rules")).to_contain_text("paused", timeout=SLOW)
        assert parse_yaml(config.read_text())["alerts"]["rules"][0]["enabled"] is False
        page.get_by_text("Remove Somebody stays").first.click()
        page.get_by_role("button", name="Remove Somebody stays").click()
        expect(page.locator("#rules")).to_contain_text("No rule yet", timeout=SLOW)
