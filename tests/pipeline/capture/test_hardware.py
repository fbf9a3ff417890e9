"""Which device decodes. No machine of the tests has one, so devices are replaced by what FFmpeg would say of them."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest

from configs.read import ConfigurationError
from pipeline.capture import hardware
from pipeline.capture.hardware import NoHardwareError, check_decoders, hardware_decoder
from pipeline.capture.sources import Source, SourceKind
from pipeline.capture.stream import Stream
from pipeline.parts.sources import open_sources
from pipeline.settings.types import CameraSettings, Settings
from tests.synthetic.video import numbered, write_clip


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    hardware._failure.cache_clear()
    hardware._first_that_works.cache_clear()


class FakeAccel:
    """A device that works, or fails as FFmpeg does."""

    broken: tuple[str, ...] = ()

    def __init__(self, name: str, *, allow_software_fallback: bool) -> None:
        self.name, self.fallback = name, allow_software_fallback

    def create(self, codec: av.Codec) -> "FakeAccel":
        if self.name in self.broken:
            raise av.error.PermissionError(1, "Operation not permitted")
        return self


def with_devices(monkeypatch: pytest.MonkeyPatch, *names: str, broken: tuple[str, ...] = ()) -> None:
    configs = [SimpleNamespace(device_type=hardware.HWDeviceType[name]) for name in names]
    monkeypatch.setattr(hardware, "_configs", lambda: configs)
    monkeypatch.setattr(FakeAccel, "broken", broken)
    monkeypatch.setattr(hardware, "HWAccel", FakeAccel)


def test_software_needs_no_device() -> None:
    assert hardware_decoder("software") is None


def test_a_device_that_works_is_used_with_software_for_other_codecs(monkeypatch: pytest.MonkeyPatch) -> None:
    with_devices(monkeypatch, "vaapi", "cuda")
    accel: Any = hardware_decoder("cuda")
    assert (accel.name, accel.fallback) == ("cuda", True)


@pytest.mark.parametrize(
    ("name", "reason"), [("qsv", "does not support it"), ("cuda", r"works here \(Operation not permitted\)")]
)
def test_a_device_that_does_not_work_is_refused_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    with_devices(monkeypatch, "cuda", broken=("cuda",))
    with pytest.raises(NoHardwareError, match=f"decode {name}: .*{reason}.*set software, or auto"):
        check_decoders(["software", name])


@pytest.mark.parametrize(("broken", "used"), [((), "vaapi"), (("vaapi",), "cuda"), (("vaapi", "cuda"), None)])
def test_auto_takes_the_first_that_works(
    monkeypatch: pytest.MonkeyPatch, broken: tuple[str, ...], used: str | None
) -> None:
    with_devices(monkeypatch, "vaapi", "cuda", broken=broken)
    accel: Any = hardware_decoder("auto")
    assert (accel.name if accel else None) == used


def test_auto_decodes_whatever_this_machine_has(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mkv", numbered(3))
    source = Source("cam", str(path), SourceKind.LIVE)
    with Stream(source, open_timeout=5, read_timeout=5, decode="auto") as stream:
        assert len(list(stream.frames())) == 3


def test_a_run_with_a_missing_device_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with_devices(monkeypatch)
    settings = Settings(cameras=(CameraSettings(source="rtsp://127.0.0.1:9/x", decode="qsv"),))
    with pytest.raises(ConfigurationError, match="decode qsv: this build of PyAV does not support it"):
        open_sources(settings)
