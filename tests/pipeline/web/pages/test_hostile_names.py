"""Names from other people's files and events are text on every page, never markup."""

from pathlib import Path

import pytest

from pipeline.history.reader import HistoryReader
from pipeline.web.live.room import LiveRoom
from pipeline.web.room import Room
from recognizer.gallery.store import Gallery
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.showroom import make_gallery, make_history
from tests.synthetic.events import camera, evidence, identity, track

EVIL = "<script>alert(1)</script>"
QUOTES = "\"><img src=x onerror='alert(1)'>"
PAGES = ("/", "/timeline", f"/timeline?person={EVIL}&camera={QUOTES}", "/search", "/tracks/1", "/tracks/2", "/nothing")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    live = LiveRoom()
    live.state.take(camera(0, camera=EVIL))
    live.state.take(track(0, camera=EVIL, evidence=evidence(QUOTES)))
    live.state.take(identity(0, camera=EVIL, person=QUOTES))
    history = make_history(tmp_path / "h.db", visits=4, names=(EVIL, QUOTES), cameras=(QUOTES, EVIL))
    gallery = make_gallery(tmp_path / "g.db", ("<b>Ada</b>", '"onload="x'))
    return Room(
        live=live,
        open_history=lambda: HistoryReader(history),
        open_gallery=lambda: Gallery(gallery, read_only=True),
    )


@pytest.mark.parametrize("path", [*PAGES, "/live/faces/node/%3Cscript%3Ealert(1)%3C%2Fscript%3E/1"])
def test_no_name_becomes_markup(room: Room, path: str) -> None:
    with at(room) as browser:
        text = browser.get(path).text
    for evil in (EVIL, "<script>alert", "<img src=x", "<b>Ada", '"onload="x'):
        assert evil not in text


def test_nothing_is_inline(room: Room) -> None:
    with at(room) as browser:
        for path in PAGES:
            text = browser.get(path).text
            assert "<style" not in text
            assert " style=" not in text
            assert " onclick=" not in text
            assert text.count("<script") == text.count('<script src="/static/')
