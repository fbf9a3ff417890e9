"""Every run has a folder of its own."""

from pathlib import Path

import pytest

from configs.read import ConfigurationError
from pipeline.sinks.report.folder import claim_folder


def leave_run(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names or ("index.html", "tracks.csv", "events.jsonl"):
        (folder / name).write_text("")
    return folder


def claimed(folder: Path, *, resume: bool = False, overwrite: bool = False) -> Path:
    with claim_folder(folder, resume=resume, overwrite=overwrite) as found:
        return found


def test_a_new_run_takes_the_first_folder_without_one(tmp_path: Path) -> None:
    night = tmp_path / "out" / "night"
    assert claimed(night) == night
    assert night.is_dir()
    leave_run(tmp_path / "out" / "night-2")
    assert claimed(night) == night  # nothing was written
    (night / "index.html").write_text("")
    assert claimed(night) == tmp_path / "out" / "night-3"


@pytest.mark.parametrize("left", ["index.html", "tracks.csv", "events.jsonl"])
def test_any_file_of_a_run_keeps_others_out(tmp_path: Path, left: str) -> None:
    assert claimed(leave_run(tmp_path / "a", left)) == tmp_path / "a-2"


def test_other_files_do_not(tmp_path: Path) -> None:
    assert claimed(leave_run(tmp_path / "a", "notes.txt", "journal.db")) == tmp_path / "a"


def test_overwriting_takes_the_folder_itself(tmp_path: Path) -> None:
    assert claimed(leave_run(tmp_path / "a"), overwrite=True) == tmp_path / "a"


def test_two_runs_at_the_same_time_have_two_folders(tmp_path: Path) -> None:
    with claim_folder(tmp_path / "a") as first, claim_folder(tmp_path / "a") as second:
        assert (first, second) == (tmp_path / "a", tmp_path / "a-2")
        with pytest.raises(ConfigurationError, match="another run writes to this folder"):
            claimed(tmp_path / "a", overwrite=True)
    assert claimed(tmp_path / "a") == tmp_path / "a"


def test_resuming_finds_the_interrupted_run(tmp_path: Path) -> None:
    night = leave_run(tmp_path / "night")
    assert claimed(night, resume=True) == night
    leave_run(tmp_path / "night-2", "index.html", "journal.db")
    leave_run(tmp_path / "night-3")
    assert claimed(night, resume=True) == tmp_path / "night-2"
    (night / "journal.db").write_text("")
    assert claimed(night, resume=True) == night


def test_the_present_folder_has_a_name_to_count_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(leave_run(tmp_path / "here"))
    assert claimed(Path()) == tmp_path / "here-2"
