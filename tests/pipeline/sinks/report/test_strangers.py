"""Strangers who came twice are one group; vectors stay in memory."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detectors.arrays import Float32
from pipeline.sink import FrameResult
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from pipeline.sinks.report.strangers import MAX_FACES, PooledFace, StrangerFaces, group_alike
from recognizer.calibration import uncalibrated
from recognizer.evidence import Evidence
from tests.pipeline.sinks.report.samples import (
    camera_event,
    frame_result,
    make_evidence,
    strip_tags,
    track_event,
    track_record,
)

CALIBRATION = uncalibrated("m")
UNKNOWN = make_evidence("unknown", None, 0.1)


def vector(person: int, *, noise: float = 0.0, seed: int = 0) -> Float32:
    base = np.eye(16, dtype=np.float32)[person]
    other = np.random.default_rng(seed).normal(size=16).astype(np.float32)
    mixed = base + noise * other / np.linalg.norm(other)
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)


def face(person: int, px: float = 32, **look: float) -> PooledFace:
    return PooledFace(vector(person, noise=look.get("noise", 0.0), seed=int(look.get("seed", 0))), px, 4.0)


def group(*faces: PooledFace, apart: tuple[tuple[int, int], ...] = ()) -> list[list[int]]:
    return group_alike(faces, apart, calibration=CALIBRATION)


def test_faces_that_are_alike_are_put_together_and_others_stay_alone() -> None:
    faces = [face(0), face(1), face(0, noise=0.2, seed=1), face(2), face(1, noise=0.2, seed=2)]
    assert group(*faces) == [[0, 2], [1, 4], [3]]


def test_every_two_of_a_group_are_alike() -> None:
    """A chain of faces, each like the next, is no group: its ends are two people."""
    angles = np.radians([0, 30, 60, 90])
    chain = [np.array([np.cos(a), np.sin(a), *[0.0] * 14], np.float32) for a in angles]
    found = group(*(PooledFace(link, 32, 4.0) for link in chain))
    assert found == [[0, 1], [2, 3]]


def test_small_faces_need_more() -> None:
    near = np.array([0.7, 0.51**0.5, *[0.0] * 14], np.float32)  # a cosine of 0.7 with the first axis

    def groups(px: float) -> int:
        return len(group(PooledFace(vector(0), px, 1.0), PooledFace(near, px, 1.0)))

    assert (groups(8), groups(64)) == (2, 1)


def test_two_faces_in_one_picture_are_never_one_person() -> None:
    assert group(face(0), face(0), face(0), apart=((0, 1),)) == [[0, 2], [1]]


def result(index: int, *pools: tuple[int, int]) -> FrameResult:
    """A frame with tracks, each of a person's face."""
    seen = frame_result(index, *(track for track, _ in pools))
    evidence = {}
    for track, person in pools:
        evidence[track] = Evidence()
        evidence[track].add(vector(person), weight=1.0, face_px=32, time=0.0)
    tracks = tuple(replace(track, age=0.05) for track in seen.tracks)
    return FrameResult(seen.frame, seen.detections, tracks, {}, evidence)


def test_the_page_shows_groups_and_no_vector_is_written(tmp_path: Path) -> None:
    info = ReportInfo("clip", group=lambda faces, apart: group_alike(faces, apart, calibration=CALIBRATION))
    sink = ReportSink(tmp_path, info)
    for number, person in ((1, 0), (2, 1), (3, 0)):
        time = float(number)
        sink.on_frame(result(10 * number, (number, person)))
        sink.on_event(track_event("end", number, time, evidence=UNKNOWN))
    sink.on_event(camera_event())
    sink.close()
    text = strip_tags((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "Stranger A 2 tracks: cam #1 , cam #3" in text
    assert "Stranger B" not in text
    assert all(vector(0).tobytes() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_named_track_is_no_stranger_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sinks.report.strangers.MAX_FACES", 3)
    strangers = StrangerFaces(lambda faces, apart: [list(range(len(faces)))])
    records = []
    for number, state in enumerate(["named", "candidate", *["unknown"] * 5], 1):
        records.append(track_record(number, number * 2, number * 2 + 1, state))
        pool = Evidence()
        pool.add(vector(0), weight=1.0, face_px=10 + number, time=0.0)
        strangers.see("cam", {number: pool})
        strangers.end(records[-1])
    assert [[record.track for record in found] for found in strangers.groups(records)] == [[5, 6, 7]]
    assert MAX_FACES == 300
