"""Each kind of source gets the reader that suits it."""

from pathlib import Path

import pytest

from pipeline.capture.live import LiveReader
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.open import open_reader
from pipeline.capture.recording import RecordingReader
from pipeline.capture.sources import Source, SourceKind
from pipeline.settings.types import CameraDefaults


@pytest.mark.parametrize(
    ("kind", "reader_class", "live"),
    [
        (SourceKind.LIVE, LiveReader, True),
        (SourceKind.WEBCAM, LiveReader, True),
        (SourceKind.VIDEO, RecordingReader, False),
        (SourceKind.IMAGES, RecordingReader, False),
    ],
)
def test_kind_of_source_decides_the_reader(kind: SourceKind, reader_class: type, live: bool, tmp_path: Path) -> None:
    reader = open_reader(Source("door", str(tmp_path / "missing"), kind), Mailbox(), CameraDefaults())
    assert isinstance(reader, reader_class)
    assert (reader.camera, reader.live) == ("door", live)
    assert not reader.is_alive(), "opens nothing before it starts"
