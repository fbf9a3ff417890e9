"""What the page listens to, by the settings, and what the search is given."""

from pathlib import Path

import cv2
import pytest

from glimpse.web_room import RoomModels, buses, make_room, page_address, previews
from pipeline.settings.load import make_settings
from pipeline.settings.rooms.web import WebSettings
from tests.synthetic.portraits import portrait


@pytest.mark.parametrize(
    ("sections", "heard", "pictures"),
    [
        ({"events": {"bind": "tcp://0.0.0.0:7000"}}, ["tcp://127.0.0.1:7000"], ["tcp://127.0.0.1:7010"]),
        ({"events": {"bind": "ipc:///run/g/bus"}}, ["ipc:///run/g/bus"], ["ipc:///run/g/bus.preview"]),
        (
            {
                "events": {"bind": "tcp://127.0.0.1:7000", "preview_bind": "tcp://*:7005"},
                "history": {"bind": "tcp://127.0.0.1:7020"},
                "alerts": {"bind": "tcp://127.0.0.1:7040"},
            },
            ["tcp://127.0.0.1:7000", "tcp://127.0.0.1:7020", "tcp://127.0.0.1:7040"],
            ["tcp://127.0.0.1:7005"],
        ),
        ({"events": {"bind": "tcp://127.0.0.1:7000", "preview_bind": "none"}}, ["tcp://127.0.0.1:7000"], []),
    ],
)
def test_buses_and_previews(sections: dict[str, object], heard: list[str], pictures: list[str]) -> None:
    settings = make_settings(sections, environment={})
    assert (buses(settings), previews(settings)) == (heard, pictures)


def test_a_node_that_publishes_nothing_cannot_be_shown() -> None:
    with pytest.raises(ValueError, match=r"events\.bind"):
        make_room(make_settings({"events": {"bind": "none"}}, environment={}))


def test_a_room_has_what_the_settings_have(tmp_path: Path) -> None:
    bare = make_room(make_settings({"events": {"bind": "ipc://b"}}, environment={}))
    assert (bare.open_history, bare.open_gallery) == (None, None)
    full = make_room(
        make_settings({"events": {"bind": "ipc://b"}, "history": {"file": "h.db"}, "gallery": "g.db"}, environment={})
    )
    assert full.open_history
    assert full.open_gallery


def test_the_address_to_open() -> None:
    assert page_address(WebSettings(address="127.0.0.1:1")) == "http://127.0.0.1:1"
    assert page_address(WebSettings(address="a:1", certificate="c", key="k")) == "https://a:1"


def test_the_face_in_a_photograph_is_read_and_no_face_is_said() -> None:
    models = RoomModels(None)
    data = cv2.imencode(".jpg", portrait("Ada"))[1].tobytes()
    vector = models.face_in(data)
    assert vector.ndim == 1
    assert abs(float((vector**2).sum()) - 1) < 1e-3
    with pytest.raises(ValueError, match="face"):
        models.face_in(cv2.imencode(".jpg", portrait("Ada")[:20, :20])[1].tobytes())
    with pytest.raises(ValueError, match="no gallery"):
        models.faces_of("Ada")
