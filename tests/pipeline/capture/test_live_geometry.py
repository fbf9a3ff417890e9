"""Live frames have square pixels: by what the camera states, or by the setting where it states nothing."""

from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.capture.live import LiveReader
from pipeline.capture.mailbox import Mailbox
from pipeline.capture.sources import parse_source
from pipeline.settings.types import CameraDefaults
from pipeline.types import Frame
from tests.synthetic.rtsp import rtsp_server
from tests.synthetic.shaped_video import quarters, write_shaped_clip


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
