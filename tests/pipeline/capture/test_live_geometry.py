"""Live frames have square pixels: by what the camera states, or by the setting where it states nothing."""

from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.capture.live import Backoff, LiveReader
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.sources import parse_source
from pipeline.capture.video_stream import DECODER_OPTIONS
from pipeline.settings.types import CameraDefaults
from pipeline.types import CameraReport, CameraState, Frame
from tests.pipeline.capture.test_live import media_times_grow, reading
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.shaped_video import quarters, write_shaped_clip

ONE_ATTEMPT = Backoff(persistent_seconds=60)


def first_frame(url: str, settings: CameraDefaults) -> Frame:
    mailbox = Mailbox()
    mailbox.register("cam", live=True)
    reader = LiveReader(parse_source(url, name="cam")[0], mailbox, settings)
    reader.start()
    try:
        while True:
            for item in mailbox.take(10):
                if isinstance(item, Frame):
                    return item
    finally:
        reader.stop()
        reader.join(5)


@pytest.mark.parametrize(
    ("sar", "aspect", "size"),
    [(Fraction(2), "", (192, 64)), (Fraction(1, 2), "", (96, 128)), (None, "3:1", (192, 64)), (None, "", (96, 64))],
)
def test_live_frames_have_square_pixels(
    tmp_path: Path, sar: Fraction | None, aspect: str, size: tuple[int, int]
) -> None:
    clip = write_shaped_clip(tmp_path / "clip.mp4", quarters(96, 64), sar=sar)
    with rtsp_server({"cam": clip}) as server:
        frame = first_frame(server.url("cam"), CameraDefaults(aspect=aspect))
    assert frame.image.shape[1::-1] == size
    assert frame.brightness.shape[1::-1] == size


def test_a_stream_that_grows_beyond_the_limit_fails_with_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.capture.video_stream.MAX_FRAME_PIXELS", 10_000)
    monkeypatch.setitem(DECODER_OPTIONS, "max_pixels", "10000")
    small = write_shaped_clip(tmp_path / "small.mp4", quarters(96, 64))
    large = write_shaped_clip(tmp_path / "large.mp4", quarters(192, 128))
    with rtsp_server({"cam": [small, large]}) as server:
        with reading(server.url("cam"), backoff=ONE_ATTEMPT) as engine:
            engine.until(5)
            server.command("next")
            failed = engine.until(CameraState.FAILED)
    assert isinstance(failed, CameraReport)
    assert failed.reason == "frames of 192x128: expected at most 0.01 megapixels"
    assert engine.states == ["connecting", "live", "failed", "ended"]


def test_a_camera_that_comes_back_with_another_shape(tmp_path: Path) -> None:
    square = write_shaped_clip(tmp_path / "square.mp4", quarters(96, 64))
    anamorphic = write_shaped_clip(tmp_path / "wide.mp4", quarters(96, 64), sar=Fraction(2))
    with rtsp_server({"cam": [square, anamorphic]}) as server, reading(server.url("cam")) as engine:
        engine.until(3)
        server.command("next")
        report = engine.until(CameraState.LIVE)
        assert isinstance(report, CameraReport)
        assert (report.width, report.height, report.reason) == (192, 64, "size was 96x64")
        engine.until(3)
        engine.until(3)
    assert engine.frames[0].image.shape == (64, 96, 3)
    assert engine.frames[-1].image.shape == (64, 192, 3)
    assert media_times_grow(engine.frames)
