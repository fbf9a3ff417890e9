"""`glimpse history crops`: what a history keeps of faces, as files for `python -m distill site`."""

import csv
from contextlib import closing
from pathlib import Path

import pytest

from glimpse.command.app import main
from pipeline.history.store import HistoryWriter
from tests.synthetic.visits import visit

CROP = b"\xff\xd8 a small picture"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two tracks of Zoë and one of nobody."""
    with closing(HistoryWriter(tmp_path / "h.db", unknowns=True)) as writer:
        for number, name in enumerate(("Zoë", None, "Zoë"), 1):
            writer.add(visit(name, number=number, first_seq=10 * number, at=1_700_000_000.0 + number), None)
    return tmp_path / "h.db"


def test_every_crop_is_a_file_for_its_owner_alone(history: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tracks"
    assert main(["history", "crops", str(folder), str(history)]) == 0
    files = sorted(folder.glob("*/*.jpg"))
    assert [path.read_bytes() for path in files] == [CROP] * 3
    assert [path.name for path in files] == [f"170000000{number}.000_28.00.jpg" for number in (1, 2, 3)]
    assert {path.stat().st_mode & 0o077 for path in (*files, folder, folder / "tracks.csv")} == {0}
    with (folder / "tracks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["person"] for row in rows] == ["Zoë", "", "Zoë"]
    assert {row["track"] for row in rows} == {path.parent.name for path in files}
    assert [row["known"] for row in rows] == ["named", "", "named"]
    assert {row["camera"] for row in rows} == {"door"}


def test_what_an_operator_said_of_a_track_is_confirmed(history: Path, tmp_path: Path) -> None:
    assert main(["history", "this-is", str(history), "1", "Zoë", "--gallery", str(tmp_path / "people.db")]) == 0
    assert main(["history", "this-is", str(history), "2", "Ada", "--gallery", str(tmp_path / "people.db")]) == 0
    assert main(["history", "crops", str(tmp_path / "tracks"), str(history)]) == 0
    with (tmp_path / "tracks" / "tracks.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["track"], row["person"], row["known"]) for row in csv.DictReader(file)]
    assert rows == [("1", "Zoë", "confirmed"), ("2", "Ada", "confirmed"), ("3", "Zoë", "named")]


def test_a_folder_that_is_there_is_not_written_to(
    history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tracks").mkdir()
    assert main(["history", "crops", str(tmp_path / "tracks"), str(history)]) == 2
    assert "expected a folder that does not exist yet" in capsys.readouterr().err


def test_a_history_without_crops_makes_no_folder(tmp_path: Path) -> None:
    with closing(HistoryWriter(tmp_path / "h.db")):
        pass
    assert main(["history", "crops", str(tmp_path / "tracks"), str(tmp_path / "h.db")]) == 1
    assert not (tmp_path / "tracks").exists()
