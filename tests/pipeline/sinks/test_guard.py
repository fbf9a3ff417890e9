"""A sink may fail alone."""

import logging

import pytest

from pipeline.sinks.guard import SinkGuard


class Full:
    """A sink on a full disk."""

    def __init__(self) -> None:
        self.asked = 0
        self.closed = False

    def on_event(self, event: object) -> None:
        self.asked += 1
        raise OSError(28, "No space left on device")

    def on_frame(self, view: object) -> None:
        self.asked += 1

    def close(self) -> None:
        self.closed = True


def test_it_is_asked_no_more_said_once_and_raised_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    full = Full()
    sink = SinkGuard(full, "video")  # type: ignore[arg-type]
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            sink.on_event(None)  # type: ignore[arg-type]
            sink.on_frame(None)  # type: ignore[arg-type]
    assert full.asked == 1
    assert [record.getMessage() for record in caplog.records] == [
        "video: [Errno 28] No space left on device; this output stops, the cameras go on"
    ]
    with pytest.raises(OSError, match="No space left"):
        sink.close()
    assert full.closed


def test_our_own_mistakes_are_not_hidden() -> None:
    class Wrong(Full):
        def on_event(self, event: object) -> None:
            raise TypeError("a mistake")

    with pytest.raises(TypeError):
        SinkGuard(Wrong(), "report").on_event(None)  # type: ignore[arg-type]
