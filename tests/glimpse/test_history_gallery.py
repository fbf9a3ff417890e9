"""A track's crop is enrolled only if it is good enough, and taken back with the correction."""

from pathlib import Path

import cv2
import pytest

from detectors.pictures import decode_picture
from glimpse.enroller import enroller_of
from glimpse.history_gallery import GalleryOfHistory, at_its_size
from glimpse.models import shipped_models
from pipeline.history.corrections.correction import Desk
from pipeline.history.corrections.this_is import this_is
from pipeline.history.corrections.this_is_not import this_is_not
from pipeline.history.corrections.undo import undo
from pipeline.history.database import open_database
from pipeline.history.store import HistoryWriter
from pipeline.tracks.samples import encode_crop
from recognizer.gallery.store import Gallery
from tests.synthetic.portraits import FACES
from tests.synthetic.visits import visit

MODELS = shipped_models()


def crop_of(name: str, px: float = 100.0) -> bytes:
    """The best crop that a node would publish of a portrait, from a face of this height."""
    picture = decode_picture((FACES / f"{name}.jpg").read_bytes())
    assert picture is not None
    found = MODELS.detector.detect(picture)
    height = float(found.boxes[0, 3] - found.boxes[0, 1])
    small = cv2.resize(picture, None, fx=px / height, fy=px / height, interpolation=cv2.INTER_AREA)
    points = found.landmarks[0] * px / height  # type: ignore[index]
    return encode_crop(MODELS.recognizer.chip(small, points, face_px=px))


def site_of(folder: Path, crop: bytes, px: float) -> tuple[Path, int]:
    with HistoryWriter(folder / "h.db", unknowns=True) as history:
        history.add(visit(None, crop=crop, crop_px=px), None)
        [(track,)] = history.database.rows("SELECT id FROM tracks")
    return folder / "people.db", track


def enrolled(path: Path) -> list[tuple[str, str]]:
    if not path.exists():
        return []
    with Gallery(path) as gallery:
        return [(name, face.source) for name, face in gallery.faces()]


def test_a_good_crop_is_enrolled_and_taken_back(tmp_path: Path) -> None:
    path, track = site_of(tmp_path, crop_of("Ada"), 100.0)
    people = GalleryOfHistory(path, lambda: enroller_of(MODELS))
    with open_database(tmp_path / "h.db", create=True) as database:
        desk = Desk(database, people, "eve")
        made = this_is(desk, track, "Ada", enrol=True)
        assert (made.notes, enrolled(path)) == ([], [("Ada", "track e1/door/1")])
        assert "already enrolled" in this_is(desk, track, "Ada", enrol=True).notes[0]
        wrong = this_is_not(desk, track, "Ada")
        assert enrolled(path) == []
        undo(desk, wrong.audit)
        assert enrolled(path) == [("Ada", "track e1/door/1")]
        undo(desk, made.audit + 1)
        undo(desk, made.audit)
    assert enrolled(path) == []


@pytest.mark.parametrize(
    ("crop", "px", "message"),
    [
        (lambda: crop_of("Ada", 16.0), 16.0, "not enrolled: too small"),
        (lambda: encode_crop(at_its_size(decode_picture(crop_of("Ada")), 64)[:8, :8]), 100.0, "not enrolled: "),  # type: ignore[arg-type]
        (lambda: b"\xff\xd8 no picture", 100.0, "no crop of the track is kept"),
    ],
)
def test_a_bad_crop_is_refused_and_the_correction_holds(tmp_path: Path, crop: object, px: float, message: str) -> None:
    path, track = site_of(tmp_path, crop(), px)  # type: ignore[operator]
    with open_database(tmp_path / "h.db", create=True) as database:
        desk = Desk(database, GalleryOfHistory(path, lambda: enroller_of(MODELS)), "eve")
        made = this_is(desk, track, "Ada", enrol=True)
        assert message in made.notes[0]
        assert database.rows("SELECT state, person FROM tracks") == [("named", "Ada")]
    assert enrolled(path) == []
