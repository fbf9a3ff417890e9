"""Searching the past: by person, by track, by a photograph that is refused before it is decoded."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from detectors.arrays import Float32
from pipeline.history.reader import HistoryReader
from pipeline.history.store import HistoryWriter
from pipeline.web.room import Room
from recognizer.calibration import Band, Calibration
from tests.pipeline.web.pages.conftest import at
from tests.pipeline.web.security.site import token_in
from tests.synthetic.visits import visit

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def png_of(width: int, height: int) -> bytes:
    """The header of a picture of that size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk + struct.pack(">I", zlib.crc32(chunk))


def vector(*values: float) -> Float32:
    return np.array(values, np.float32)


class Models(SimpleNamespace):
    """Finds `vector` in every photograph."""

    decoded = 0
    cohort = None

    def face_in(self, photograph: bytes) -> Float32:
        self.decoded += 1
        if b"nobody" in photograph:
            raise ValueError("expected a face, found none")
        return vector(0.6, 0.8, 0, 0)

    def faces_of(self, person: str) -> Float32:
        if person != "Ada":
            raise ValueError("expected somebody enrolled")
        return vector(0.6, 0.8, 0, 0)[None]


@pytest.fixture
def models() -> Models:
    band = Band(px=16, looks=1, mean=0, std=0.09, tail=(0.1, 0.2, 0.3, 0.4))
    rates = (0.1, 0.01, 1e-3, 1e-4)
    return Models(calibration=Calibration(model_id="m", command="", data="", date="", rates=rates, bands=(band,)))


@pytest.fixture
def room(tmp_path: Path, models: Models) -> Room:
    """Ada was there, and somebody who looks like nobody."""
    path = tmp_path / "h.db"
    other = np.array([-0.6, -0.8, 0, 0], "<f2").tobytes()
    with HistoryWriter(path, unknowns=True) as history:
        history.add(visit("Ada", number=1), None)
        history.add(visit(None, number=2, first_seq=10, template=other), None)
    return Room(open_history=lambda: HistoryReader(path), models=models)


Post = Callable[..., Any]


@pytest.fixture
def upload(room: Room) -> Post:
    def post(data: bytes, name: str = "photo.jpg") -> Any:
        with at(room) as browser:
            token = token_in(browser.get("/search").text)
            return browser.post("/search", data={"csrf": token}, files={"photo": (name, data)})

    return post


def test_a_person_a_track_and_a_photograph_find_their_tracks(room: Room, upload: Post) -> None:
    with at(room) as browser:
        answer = browser.get("/search?person=Ada")
        assert answer.status_code == 200
        assert 'href="/tracks/1"' in answer.text
        assert 'href="/tracks/2"' not in answer.text
        assert "1 track for Ada" in answer.text
        assert "No tracks for track 2" in browser.get("/search?track=2").text
    found = upload(b"\xff\xd8\xff" + minimal_jpeg()[3:])
    assert found.status_code == 200
    assert 'href="/tracks/1"' in found.text


@pytest.mark.parametrize("query", ["person=Bob", "track=77"])
def test_who_cannot_be_sought_is_said(room: Room, query: str) -> None:
    with at(room) as browser:
        answer = browser.get(f"/search?{query}")
    assert answer.status_code == 404
    assert "expected" in answer.text


@pytest.mark.parametrize(
    "data", [png_of(40_000, 40_000), SVG, b"", b"GIF89a", b"<?xml version='1.0'?>" + SVG, png_of(0, 0)]
)
def test_a_picture_that_nobody_should_decode_is_refused(upload: Post, models: Models, data: bytes) -> None:
    answer = upload(data)
    assert answer.status_code == 400
    assert "cannot be used" in answer.text or "expected a picture" in answer.text
    assert models.decoded == 0


def test_a_photograph_without_a_face_is_said(upload: Post) -> None:
    answer = upload(minimal_jpeg() + b"nobody")
    assert answer.status_code == 400
    assert "found none" in answer.text


def test_a_form_without_a_file_is_refused(room: Room) -> None:
    with at(room) as browser:
        token = token_in(browser.get("/search").text)
        assert browser.post("/search", data={"csrf": token, "photo": "text"}).status_code == 400


def minimal_jpeg() -> bytes:
    return cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
