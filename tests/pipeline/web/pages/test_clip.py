"""The clip of a track: a player, the film by parts, under the masks of its camera."""

from pathlib import Path

import msgspec
import pytest

from pipeline.film.segments import segment_name
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from pipeline.settings.rooms.film import FilmSettings
from pipeline.settings.rooms.web import WebSettings
from pipeline.web.security.roles import Role
from tests.pipeline.web.pages.site import SITE, Site
from tests.pipeline.web.showroom import visit
from tests.synthetic.films import START, Camera, camera, clip, recording

__all__ = ["camera", "clip"]  # fixtures


@pytest.fixture
def site(tmp_path: Path, camera: Camera) -> Site:
    with recording(tmp_path / "film", camera, minutes=1.5 / 60) as recorder:
        camera.send(recorder)
    with HistoryWriter(tmp_path / "h.db") as history:
        for number, name in ((1, "door"), (2, "elsewhere")):
            history.add(list(visit(number, 0, START + 1, names=("Ada",), camera_name=name)), None)
    film = FilmSettings(folder=str(tmp_path / "film"), before_seconds=0.5)
    return Site(tmp_path, film=film, open_history=lambda: HistoryReader(tmp_path / "h.db"))


def test_a_track_has_a_player_and_its_clip_comes_by_parts(site: Site) -> None:
    with site.browser(Role.VIEWER) as browser:
        track = browser.get("/tracks/1").text
        assert 'href="/tracks/1/clip"' in track
        assert segment_name(START).partition("--")[0][:15] in track
        page = browser.get("/tracks/1/clip")
        assert '<video controls preload="auto" src="/tracks/1/clip.mp4"' in page.text
        assert "media-src 'self'" in page.headers["content-security-policy"]
        whole = browser.get("/tracks/1/clip.mp4")
        part = browser.get("/tracks/1/clip.mp4", headers={"range": "bytes=4-7"})
    assert (whole.status_code, whole.headers["content-type"], whole.content[4:8]) == (200, "video/mp4", b"ftyp")
    assert (part.status_code, part.content) == (206, b"ftyp")
    site.room.clips.close()


def test_masks_are_those_of_the_file_now(site: Site) -> None:
    with site.browser() as browser:
        masked = browser.get("/tracks/1/clip.mp4").content
        site.path.write_text(SITE.replace("    masks: [[[0, 0], [1, 0], [1, 0.2]]]\n", ""))
        plain = browser.get("/tracks/1/clip.mp4").content
        site.path.write_text("cameras: []\n")
        unknown = browser.get("/tracks/1/clip.mp4")
    assert masked != plain
    assert (unknown.status_code, "masks of this camera are not known" in unknown.text) == (503, True)
    site.room.clips.close()


def test_what_was_not_recorded_has_no_clip(site: Site) -> None:
    with site.browser() as browser:
        assert "/clip" not in browser.get("/tracks/2").text
        for path in (
            "/tracks/2/clip",
            "/tracks/2/clip.mp4",
            "/tracks/99/clip",
            "/tracks/99999999999999999999/clip.mp4",
        ):
            assert browser.get(path).status_code == 404


def test_viewers_who_see_no_faces_see_no_film(site: Site) -> None:
    object.__setattr__(site.room, "settings", msgspec.structs.replace(WebSettings(), viewers_see_faces=False))
    with site.browser(Role.VIEWER) as browser:
        assert "/clip" not in browser.get("/tracks/1").text
        assert browser.get("/tracks/1/clip.mp4").status_code == 403
