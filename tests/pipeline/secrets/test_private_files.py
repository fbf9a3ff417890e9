"""What names people belongs to its owner alone: every writer is tried, under a generous umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from detectors.base import Detections
from pipeline.bus.outbox import Outbox
from pipeline.resume.cache import InferenceCache
from pipeline.resume.replay_run import cache_path
from pipeline.secrets.private_files import make_private_file, make_private_folder, open_private, replace_private
from pipeline.settings.outputs import Outputs
from pipeline.sink import FrameResult
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.report.sink import ReportInfo, ReportSink
from pipeline.sinks.video import VideoSink
from pipeline.types import Frame
from tests.synthetic.events import track
from tests.synthetic.small_disk import small_disk


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def modes(folder: Path) -> set[tuple[str, str]]:
    """(kind, mode) of everything below a folder and of itself."""
    return {("folder" if path.is_dir() else "file", mode(path)) for path in (folder, *folder.rglob("*"))}


PRIVATE = {("folder", "0o700"), ("file", "0o600")}


def frame_result() -> FrameResult:
    image = np.zeros((48, 64, 3), np.uint8)
    return FrameResult(Frame("door", 0, 0.0, 0.0, 0.0, image), Detections.empty(), (), {})


def test_a_report_and_its_journal(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "monday"
    sink = ReportSink(folder, ReportInfo("x"))
    sink.on_event(track(1))
    path = cache_path(Outputs(report=folder))
    assert path is not None
    cache = InferenceCache.open(path, fingerprint={}, resume=False)
    assert modes(tmp_path / "reports") == PRIVATE
    sink.close()
    cache.close()
    assert modes(tmp_path / "reports") == PRIVATE


def test_a_video_while_it_is_written_and_at_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    sink = VideoSink(folder / "a.mp4", cameras=["door"])
    sink.on_frame(frame_result())
    assert modes(folder) == PRIVATE
    sink.close()
    assert modes(folder) == PRIVATE


def test_events_and_outbox(tmp_path: Path) -> None:
    JsonlSink(tmp_path / "events.jsonl").close()
    Outbox(tmp_path / "outbox.db").close()
    assert mode(tmp_path / "events.jsonl") == mode(tmp_path / "outbox.db") == "0o600"


def test_a_file_that_is_ours_is_tightened_and_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("{}\n")
    assert mode(path) == "0o666"
    JsonlSink(path).close()
    assert (mode(path), path.read_text()) == ("0o600", "{}\n")


def test_devices_and_folders_that_exist_keep_their_mode(tmp_path: Path) -> None:
    before = mode(Path(os.devnull))
    os.close(open_private(Path(os.devnull), os.O_WRONLY))
    assert mode(Path(os.devnull)) == before
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path / "a" / "b")
    assert [mode(path) for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == ["0o755", "0o700", "0o700"]


def test_a_file_in_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(OSError, match="a"):
        make_private_folder(tmp_path / "a")
    with pytest.raises(OSError, match="a"):
        make_private_folder(tmp_path / "a" / "b")


def test_a_replaced_file_is_private_whatever_was_there(tmp_path: Path) -> None:
    for path in (tmp_path / "index.html", tmp_path / ".index.html.new", tmp_path / "film.mp4"):
        path.write_text("old")
    replace_private(tmp_path / "index.html", b"new")
    make_private_file(tmp_path / "film.mp4")
    assert (tmp_path / "index.html").read_bytes() == b"new"
    assert (tmp_path / "film.mp4").read_bytes() == b""
    assert mode(tmp_path / "index.html") == mode(tmp_path / "film.mp4") == "0o600"


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """As root, renaming would put a file in the place of /dev/null."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    replace_private(tmp_path / "pipe", b"page")
    assert os.read(reader, 100) == b"page"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "page")
    replace_private(tmp_path / "link", b"page")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "page").read_bytes() == b"page"


def test_a_write_that_fails_names_the_file(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kib=64) as disk:
        disk.fill()
        with pytest.raises(OSError, match=r"No space left on device: '.*disk/page'"):
            replace_private(disk.folder / "page", b"page" * 5000)
        assert not list(disk.folder.glob(".page*"))
