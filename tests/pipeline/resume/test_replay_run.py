"""Resuming a run: where its cache lies, what it depends on, and which calls it saves."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest

from configs.read import ConfigurationError
from detectors.base import Detections, Window
from pipeline.capture.sources import Source, SourceKind
from pipeline.resume.cache import InferenceCache
from pipeline.resume.replay_run import cache_path, cached_detections, cached_vectors, delete_cache, open_cache
from pipeline.settings.outputs import Outputs
from pipeline.settings.types import DetectorSettings, Settings
from pipeline.tracks.crops import Crop
from pipeline.tracks.track import TrackState
from pipeline.types import Frame, Track
from recognizer.base import Readings

SETTINGS = Settings()


def frame(index: int) -> Frame:
    return Frame("clip", index, index / 10, 0.0, 0.0, np.zeros((4, 4, 3), np.uint8))


def crop(index: int) -> Crop:
    track = Track("clip", 1, np.zeros(4, np.float32), 0.9, None, 0.0)
    return Crop(TrackState(track, frame(index)), np.zeros((2, 2, 3), np.uint8), 1.0)


def video(path: Path, content: bytes = b"frames") -> Source:
    path.write_bytes(content)
    return Source("clip", str(path), SourceKind.VIDEO)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[InferenceCache]:
    with closing(InferenceCache.open(tmp_path / "cache.db", fingerprint={}, resume=False)) as cache:
        yield cache


def test_a_frame_is_searched_once(cache: InferenceCache) -> None:
    calls: list[int] = []

    def detect(image: Frame, windows: list[Window] | None) -> Detections:
        calls.append(image.index)
        return Detections(np.full((1, 4), image.index, np.float32), np.ones(1, np.float32))

    detect_or_load = cached_detections(detect, cache)
    boxes = [detect_or_load(frame(index), None).boxes[0, 0] for index in (3, 4, 3)]
    assert boxes == [3, 4, 3]
    assert calls == [3, 4]


def test_a_frame_without_faces_is_searched_once(cache: InferenceCache) -> None:
    calls: list[int] = []

    def detect(image: Frame, windows: list[Window] | None) -> Detections:
        calls.append(image.index)
        return Detections.empty()

    detect_or_load = cached_detections(detect, cache)
    assert [len(detect_or_load(frame(0), None)) for _ in range(2)] == [0, 0]
    assert calls == [0]


def test_crops_are_embedded_again_only_if_their_number_differs(cache: InferenceCache) -> None:
    calls: list[int] = []

    def embed(crops: Sequence[Crop]) -> Readings:
        calls.append(len(crops))
        lengths = np.array([np.nan, 7][: len(crops)], np.float32)
        return Readings(np.full((len(crops), 3), len(crops), np.float32), lengths)

    embed_or_load = cached_vectors(embed, cache)
    assert embed_or_load([crop(0)]).vectors.tolist() == [[1, 1, 1]]
    assert embed_or_load([crop(0)]).vectors.tolist() == [[1, 1, 1]]
    assert embed_or_load([crop(0), crop(0)]).vectors.tolist() == [[2, 2, 2]] * 2
    assert np.isnan(embed_or_load([crop(0), crop(0)]).lengths[0])
    assert embed_or_load([crop(0), crop(0)]).lengths[1] == 7
    assert embed_or_load([crop(1)]).vectors.tolist() == [[1, 1, 1]]
    assert calls == [1, 2, 1]


def test_a_run_without_a_report_has_no_cache(tmp_path: Path) -> None:
    assert cache_path(Outputs()) is None
    assert open_cache(SETTINGS, [video(tmp_path / "clip.mp4")], Outputs()) is None


def test_the_cache_lies_in_the_report_and_is_deleted_whole(tmp_path: Path) -> None:
    outputs = Outputs(report=tmp_path / "new" / "report")
    cache = open_cache(SETTINGS, [video(tmp_path / "clip.mp4")], outputs)
    assert cache is not None
    cache.close()
    path = cache_path(outputs)
    assert path == tmp_path / "new" / "report" / "journal.db"
    path.with_name("journal.db-wal").touch()
    delete_cache(path)
    delete_cache(path)
    assert list(path.parent.iterdir()) == []


def test_a_complete_run_cannot_be_resumed(tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()
    with pytest.raises(ConfigurationError, match="is complete; leave --resume out"):
        open_cache(SETTINGS, [video(tmp_path / "clip.mp4")], Outputs(report=tmp_path, resume=True))


def test_resume_with_nothing_to_resume_starts_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        cache = open_cache(SETTINGS, [video(tmp_path / "clip.mp4")], Outputs(report=tmp_path, resume=True))
    assert cache is not None
    cache.close()
    assert "nothing to resume" in caplog.text


def reopen(tmp_path: Path, settings: Settings, source: Source) -> None:
    cache = open_cache(settings, [source], Outputs(report=tmp_path / "report", resume=True))
    assert cache is not None
    cache.close()


def test_a_moved_recording_resumes_and_a_changed_one_does_not(tmp_path: Path) -> None:
    reopen(tmp_path, SETTINGS, video(tmp_path / "clip.mp4"))
    reopen(tmp_path, SETTINGS, video(tmp_path / "moved.mp4"))
    with pytest.raises(ValueError, match="source clip differs"):
        reopen(tmp_path, SETTINGS, video(tmp_path / "clip.mp4", b"other frames"))


def test_a_changed_setting_or_model_is_named(tmp_path: Path) -> None:
    model = tmp_path / "detector.onnx"
    model.write_bytes(b"weights")
    settings = Settings(detector=DetectorSettings(model=str(model)))
    source = video(tmp_path / "clip.mp4")
    reopen(tmp_path, settings, source)
    changed = msgspec.structs.replace(settings, detector=msgspec.structs.replace(settings.detector, score=0.123))
    with pytest.raises(ValueError, match=r"detector\.score differs"):
        reopen(tmp_path, changed, source)
    model.write_bytes(b"other weights")
    with pytest.raises(ValueError, match="detector differs"):
        reopen(tmp_path, settings, source)


def test_the_number_of_threads_that_search_does_not_keep_a_run_from_being_resumed(tmp_path: Path) -> None:
    source, outputs = video(tmp_path / "clip.mp4"), Outputs(report=tmp_path / "report", resume=True)
    for workers in (1, 2):
        settings = msgspec.structs.replace(SETTINGS, detector=DetectorSettings(workers=workers))
        cache = open_cache(settings, [source], outputs)
        assert cache is not None
        cache.close()
