"""The folder of errors: a picture of each, for the owner only, and no name can break the page."""

import csv
from pathlib import Path

import cv2
import pytest

from glimpse import Gallery
from glimpse.evaluation.error_report import PAGE, PICTURES, TABLE, check_report_folder, write_report
from glimpse.evaluation.recording import evaluate_recordings
from tests.synthetic.portraits import portrait, write_portrait_clip

pytestmark = pytest.mark.timeout(90)  # several recordings are run


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada is taken for Ben, somebody with a hostile name is missed."""
    folder = tmp_path_factory.mktemp("errors")
    clip = write_portrait_clip(folder / "clip.mp4", "Ben", seconds=1.5)
    gallery = Gallery(folder / "people.db")
    gallery.enroll("Ben", portrait("Ben"))
    gallery.enroll("<b>Eve", portrait("Hedy"))
    (folder / "truth.csv").write_text("person,from,to\nstranger,0,1.5\n<b>Eve,0,1.5\n", encoding="utf-8")
    done = evaluate_recordings([clip], folder / "truth.csv", gallery, pictures=True)
    assert write_report(folder / "report", done) == 2
    return folder / "report"


def test_every_error_has_a_row_and_a_picture(report: Path) -> None:
    with (report / TABLE).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["who"], row["result"], row["called"]) for row in rows] == [
        ("a stranger", "wrong", "Ben"),
        ("<b>Eve", "missed", ""),
    ]
    sides = [max(cv2.imread(str(report / PICTURES / row["picture"])).shape) for row in rows]  # type: ignore[union-attr]
    assert sides == [240, 480]


def test_the_page_shows_them_and_escapes_names(report: Path) -> None:
    page = (report / PAGE).read_text(encoding="utf-8")
    assert page.count("<img ") == 2
    assert "&lt;b&gt;Eve" in page
    assert "<b>" not in page
    assert "http" not in page


def test_only_the_owner_may_read_it(report: Path) -> None:
    files = [path for path in report.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert report.stat().st_mode & 0o777 == 0o700


def test_no_report_replaces_another(report: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a new or empty folder"):
        check_report_folder(report)
    check_report_folder(tmp_path)
    check_report_folder(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        check_report_folder(tmp_path / "file" / "report")
