"""The notice, and faces that viewers do not see."""

from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest
from httpx import Response

from pipeline.alerts.reader import AlertReader
from pipeline.history.reader import HistoryReader
from pipeline.settings.rooms.film import FilmSettings
from pipeline.settings.rooms.web import WebSettings
from pipeline.web.app import make_app
from pipeline.web.live.room import LiveRoom
from pipeline.web.live.state import Camera, Face
from pipeline.web.redaction import redacted
from pipeline.web.room import Room
from pipeline.web.security.roles import Role
from pipeline.web.security.secure import secure
from recognizer.gallery.store import Gallery
from tests.pipeline.web.pages.site import PROXY, Site
from tests.pipeline.web.security.site import Browser
from tests.pipeline.web.showroom import make_gallery, make_history, make_room
from tests.synthetic.events import camera, evidence, track


def test_the_notice_is_public_only_where_the_settings_say_so() -> None:
    settings = WebSettings(
        operator="Shop <b>Ltd</b>", contact="privacy@shop.example", proxy_roles={"ida": "viewer"}, **PROXY
    )
    app = make_app(Room(settings=settings, film=FilmSettings(folder="film", keep_days=3)))
    with Browser(secure(app, settings, public=["/about"])) as browser:
        text = browser.get("/about").text
        assert browser.get("/timeline").status_code == 401
    for expected in ("Shop &lt;b&gt;Ltd", "privacy@shop.example", "Film without sound", "at most 3 days", "Erasure"):
        assert expected in text
    with Browser(secure(app, settings)) as browser:
        assert browser.get("/about").status_code == 401


@pytest.fixture
def site(tmp_path: Path) -> Site:
    history, gallery = make_history(tmp_path / "h.db", visits=6), make_gallery(tmp_path / "g.db")
    return Site(
        tmp_path,
        settings=WebSettings(viewers_see_faces=False),
        open_history=lambda: HistoryReader(history),
        open_gallery=lambda: Gallery(gallery, read_only=True),
    )


def test_viewers_get_no_crops_and_no_photographs(site: Site) -> None:
    kinds = {}
    for role in Role:
        with site.browser(role) as browser:
            answers = [browser.get(path) for path in ("/tracks/1/crop.jpg", "/people/Ada/portrait")]
            kinds[role] = [answer.headers["content-type"] for answer in answers]
    assert kinds[Role.VIEWER] == ["image/svg+xml"] * 2
    assert kinds[Role.OPERATOR] == kinds[Role.ADMIN] == ["image/jpeg", "image/webp"]


def test_no_page_and_no_answer_of_the_api_holds_a_face_for_viewers(tmp_path: Path) -> None:
    room = make_room(tmp_path, visits=6)
    assert room.alerts
    with AlertReader(room.alerts) as reader:
        alert = reader.alerts()[0].alert
    paths = ["/person?name=Ada", f"/alerts/{alert}/crop.jpg", "/api/v1/tracks/1/crop", "/unknown", "/people", "/alerts"]
    parts = {field.name: getattr(room, field.name) for field in fields(room) if field.name not in ("config", "note")}
    hidden = Site(tmp_path, **parts | {"settings": WebSettings(viewers_see_faces=False)})
    faces = {}
    for role in (Role.VIEWER, Role.OPERATOR):
        with hidden.browser(role) as browser:
            faces[role] = [holds_a_face(browser.get(path)) for path in paths]
    assert not any(faces[Role.VIEWER])
    assert faces[Role.OPERATOR][:3] == [True, True, True]


def holds_a_face(answer: Response) -> bool:
    kind = answer.headers["content-type"]
    return kind in ("image/jpeg", "image/webp") or b"data:image/" in answer.content


def noise() -> bytes:
    picture = np.random.default_rng(0).integers(0, 255, (180, 320, 3), np.uint8)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def spread(jpeg: bytes, rows: slice, columns: slice) -> float:
    """How much neighbouring pixels differ."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    return float(np.abs(np.diff(image[rows, columns].astype(np.float32), axis=1)).mean())


def test_faces_of_a_preview_are_pixelated_and_nothing_else() -> None:
    face = Face(1, (280.0, 160.0, 360.0, 200.0), 40.0, evidence(), 0.0, 0.0)
    found = redacted(noise(), Camera("n", "door", "e", width=640, height=360, faces={1: face}))
    assert found
    inside, outside = (slice(82, 98), slice(142, 178)), (slice(0, 60), slice(0, 100))
    assert spread(found, *inside) < 0.2 * spread(noise(), *inside)
    assert spread(found, *outside) > 0.7 * spread(noise(), *outside)


@pytest.mark.parametrize("known", [None, Camera("n", "door", "e")])
def test_without_the_size_of_frames_all_of_a_preview_is_pixelated(known: Camera | None) -> None:
    found = redacted(noise(), known)
    assert found
    assert spread(found, slice(None), slice(None)) < 0.2 * spread(noise(), slice(None), slice(None))
    assert redacted(b"no picture", known) is None


def test_a_viewers_preview_is_redacted_by_the_server(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    live: LiveRoom = site.room.live
    monkeypatch.setattr(live, "picture", lambda **_: noise())
    live.state.take(camera(0, camera="door"))
    live.state.take(track(0, camera="door", box=(10, 10, 600, 340)))
    with site.browser(Role.VIEWER) as browser:
        seen = browser.get("/live/pictures/node/door").content
        assert browser.get("/live/faces/node/door/1/crop.jpg").headers["content-type"] == "image/svg+xml"
    with site.browser(Role.OPERATOR) as browser:
        assert browser.get("/live/pictures/node/door").content == noise()
    assert spread(seen, slice(40, 140), slice(40, 240)) < 0.2 * spread(noise(), slice(40, 140), slice(40, 240))
