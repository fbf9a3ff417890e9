"""Film in which a camera saw the person: named, and destroyed where asked for."""

import os
import time
from pathlib import Path

import pytest

from pipeline.erase.__main__ import main
from pipeline.erase.history_faces import Sight
from pipeline.erase.recordings import WRITTEN_SECONDS, erase_recording, recordings_of
from pipeline.film.segments import read_segment, segment_name
from pipeline.history.store import HistoryWriter
from tests.synthetic.visits import visit


def film(folder: Path, camera: str, start: float, end: float | None = None) -> Path:
    path = folder / camera / segment_name(start, end)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"film of a camera")
    return path


def found(files: list[Path], *sights: Sight) -> list[Path]:
    return [segment.path for segment in recordings_of(files, sights)]


def test_film_of_the_camera_at_that_time_alone_counts(tmp_path: Path) -> None:
    files = [film(tmp_path, camera, start, start + 60) for camera in ("door", "yard") for start in (0.0, 60.0, 120.0)]
    assert found(files, Sight("door", 70.0, 80.0)) == [files[1]]
    assert found(files, Sight("door", 59.0, 61.0)) == files[:2]
    assert found(files, Sight("door", 500.0, 600.0), Sight("hall", 0.0, 9.0)) == []
    assert found([tmp_path / "door" / "holiday.mkv"], Sight("door", 0.0, 9.0)) == []


def test_a_file_without_an_end_goes_on_to_the_next_one(tmp_path: Path) -> None:
    files = [film(tmp_path, "door", 0.0), film(tmp_path, "door", 100.0, 160.0)]
    assert found(files, Sight("door", 130.0, 140.0)) == [files[1]]
    assert found(files, Sight("door", 50.0, 60.0)) == [files[0]]
    assert found([files[0]], Sight("door", 3500.0, 3600.0)) == [files[0]]


def test_what_is_still_written_is_left(tmp_path: Path) -> None:
    path = film(tmp_path, "door", 0.0)
    segment = read_segment(path)
    assert segment is not None
    now = path.stat().st_mtime
    assert "still written" in erase_recording(segment, delete=True, clock=lambda: now + 1).left
    assert path.exists()
    assert erase_recording(segment, delete=True, clock=lambda: now + WRITTEN_SECONDS).changed == "film destroyed"
    assert not path.exists()
    assert "cannot be deleted" in erase_recording(segment, delete=True).left


@pytest.fixture
def site(tmp_path: Path) -> Path:
    with HistoryWriter(tmp_path / "history.db") as history:
        history.add([*visit("Grace", at=1000.0), *visit("Ada", number=2, first_seq=10, at=5000.0)], None)
    return tmp_path


def test_erasing_names_the_film_and_destroys_it_where_asked(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs, of_ada = film(site, "door", 990.0, 1050.0), film(site, "door", 4990.0, 5050.0)
    os.utime(theirs, (time.time() - 500,) * 2)
    assert main(["Grace", str(site), "--delete-recordings"]) == 0
    assert "film destroyed" in capsys.readouterr().out
    assert (theirs.exists(), of_ada.exists()) == (False, True)
    assert main(["Ada", str(site)]) == 1
    assert "film of camera door in which they were seen" in " ".join(capsys.readouterr().out.split())
    assert of_ada.exists()
