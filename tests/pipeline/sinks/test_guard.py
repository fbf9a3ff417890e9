"""A failing sink does not stop the others."""

import logging

import pytest

from pipeline.sinks.guard import SinkGuard


class FullDiskSink:
    """A sink on a full disk."""

    def __init__(self) -> None:
        self.calls = 0
        self.closed = False

    def on_event(self, event: object) -> None:
        self.calls += 1
        raise OSError(28, "No space left on device")

    def on_frame(self, view: object) -> None:
        self.calls += 1

    def close(self) -> None:
        self.closed = True


def test_a_failed_sink_is_logged_once_and_its_error_raised_on_close(caplog: pytest.LogCaptureFixture) -> None:
    failing = FullDiskSink()
    sink = SinkGuard(failing, "video")  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            sink.on_event(None)  # type: ignore[arg-type]
            sink.on_frame(None)  # type: ignore[arg-type]
    assert failing.calls == 1
    assert [record.getMessage() for record in caplog.records] == [
        "video: [Errno 28] No space left on device; this output stops, the cameras go on"
    ]
    with pytest.raises(OSError, match=r"^video: .*No space left on device; lost frames: 3, lost events: 3$"):
        sink.close()
    assert failing.closed


def test_programming_errors_are_not_caught() -> None:
    class BrokenSink(FullDiskSink):
        def on_event(self, event: object) -> None:
            raise TypeError("a mistake")

    with pytest.raises(TypeError):
        SinkGuard(BrokenSink(), "report").on_event(None)  # type: ignore[arg-type]
