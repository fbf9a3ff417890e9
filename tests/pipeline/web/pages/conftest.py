"""A browser in this process, at a room with a past."""

from collections.abc import Iterator

import pytest

from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.room import Room
from pipeline.web.security.secure import secure
from tests.pipeline.web.security.site import Browser
from tests.pipeline.web.showroom import make_room


def at(room: Room) -> Browser:
    """A browser at the protected page of a room."""
    return Browser(secure(make_app(room), WebSettings(requests_per_minute=100_000)))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return make_room(tmp_path_factory.mktemp("room"))


@pytest.fixture
def browser(room: Room) -> Iterator[Browser]:
    with at(room) as opened:
        yield opened
