"""Our own parsers, fed with input that somebody bent: they answer, or refuse with their own error.

The examples are valid files with parts cut out, doubled, swapped and overwritten, because noise alone rarely gets past
the first check.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configs.read import ConfigurationError
from pipeline.bus.latest_events import LatestEvents
from pipeline.bus.messages import AnyAnswer, ReplayRequest, SnapshotRequest
from pipeline.bus.replay import RequestHandler
from pipeline.settings.load import make_settings, read_config
from recognizer.calibration import load_calibration, uncalibrated
from recognizer.gallery import Face, Gallery
from recognizer.gallery.transfer import encode_export, import_gallery

some = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))

CONFIGURATION = b"""
node: door
gallery: people.db
cameras:
  - {name: a, source: rtsp://camera/1, tracking: {start_score: 0.5}}
  - &b {name: b, source: a.mp4}
defaults: {stall_seconds: 5}
decision: {false_alarm: 0.001, margin: .nan}
events: {bind: tcp://127.0.0.1:5556, update_seconds: 1.0}
"""
PIECES = b'&a *a [ ] { } :_ -_ \\n __ !!binary_ <<:_*b \\ud800 " null .inf -1e999 ?_ 1:30 %YAML 0x'.split()
PIECES = [piece.replace(b"_", b" ").replace(b"\\n", b"\n") for piece in PIECES]
PIECES += [b"\xff", b"\0", b"9" * 5000, "\U0001f600".encode()]


@st.composite
def bent(draw: Callable[..., int], text: bytes) -> bytes:
    """A text with up to six changes."""
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        kind = draw(st.integers(0, 3))
        piece = PIECES[draw(st.integers(0, len(PIECES) - 1))]
        middle = [b"", text[start:end] * 2, piece, bytes([draw(st.integers(0, 255))])][kind]
        text = text[:start] + middle + text[end:]
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parsers")


@some
@given(bent(CONFIGURATION))
def test_a_configuration_is_read_or_refused_with_a_sentence(folder: Path, text: bytes) -> None:
    path = folder / "c.yaml"
    path.write_bytes(text)
    try:
        make_settings(read_config(path), environment={})
    except ConfigurationError as error:
        str(error).encode()


CALIBRATION = yaml.safe_dump(msgspec.to_builtins(uncalibrated("m"))).encode()


@some
@given(bent(CALIBRATION))
def test_a_calibration_gives_finite_thresholds_or_is_refused(folder: Path, text: bytes) -> None:
    path = folder / "calibration.yaml"
    path.write_bytes(text)
    try:
        calibration = load_calibration(path, "m", weights="")
    except ValueError:
        return
    assert np.isfinite(calibration.threshold(16.0, 4.0, 1e-4))


def face(row: int) -> Face:
    return Face(np.eye(8, dtype=np.float32)[row], f"{row}.jpg", f"{row:064x}")


EXPORT = encode_export("m", [(f"p{row}", face(row)) for row in range(3)])


@pytest.fixture(scope="module")
def one_person(folder: Path) -> bytes:
    """The file of a gallery that holds one person. Copying it costs a tenth of making one."""
    with Gallery(folder / "one.db", create=True) as gallery:
        gallery.add("held", face(7), model_id="m")
    return (folder / "one.db").read_bytes()


def with_checksum(text: bytes) -> bytes:
    """The export with a last line that fits, so that what lies behind the checksum is tried too."""
    body = text.rstrip(b"\n").rpartition(b"\n")[0] + b"\n"
    return body + msgspec.json.encode({"checksum": hashlib.sha256(body).hexdigest()}) + b"\n"


NAMES = (b"p1", b"", b" ", b"P0", b"p0", b"HELD", b"held", rb"\u202e", rb"\u0000", b"x" * 1000)


@st.composite
def bent_export(draw: Callable[..., bytes], text: bytes) -> bytes:
    """An export with one name changed, bent or not, with a checksum that fits or not."""
    text = text.replace(b'"p1"', b'"' + draw(st.sampled_from(NAMES)) + b'"')
    text = draw(st.one_of(st.just(text), bent(text)))
    return draw(st.sampled_from((with_checksum(text), text)))


@some
@given(bent_export(EXPORT))
def test_a_gallery_is_imported_whole_or_not_at_all(folder: Path, one_person: bytes, text: bytes) -> None:
    path, target = folder / "bent.jsonl", folder / "new.db"
    path.write_bytes(text)
    target.write_bytes(one_person)
    with Gallery(target) as gallery:
        try:
            count = import_gallery(gallery, path).added
        except ValueError:
            count = 0
        assert len(list(gallery.faces())) == 1 + count
        assert len(gallery.index("m")) == 1 + count
        assert "held" in gallery.index("m").people


REQUESTS = [
    msgspec.json.encode(SnapshotRequest(id=1)),
    msgspec.json.encode(ReplayRequest(id=2, topic="v1/", first=0, last=9, limit=5)),
    b'{"kind": "replay", "id": 3, "x": ' + b"[" * 2000 + b"]" * 2000 + b"}",
]


@some
@given(st.sampled_from(REQUESTS).flatmap(bent))
def test_every_request_gets_an_answer(request_bytes: bytes) -> None:
    answer = RequestHandler("door", "e", LatestEvents(), None).handle(request_bytes)
    msgspec.json.decode(answer, type=AnyAnswer)
