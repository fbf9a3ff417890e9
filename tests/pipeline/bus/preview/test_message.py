"""The parts of a preview's message."""

import pytest

from pipeline.bus.preview.message import Preview, PreviewHeader, pack, unpack

HEADER = PreviewHeader(node="n", epoch="e", camera="door", seq=2, wall_time=9.5, media_time=1.25, width=8, height=6)


def test_a_message_is_read_as_it_was_written() -> None:
    parts = pack(Preview(HEADER, b"\xff\xd8"))
    assert parts[0] == b"v1/preview/door/"
    assert unpack(parts) == Preview(HEADER, b"\xff\xd8")


@pytest.mark.parametrize("parts", [[], [b"v1/preview/door/", b"{}"], [b"t", b"{}", b"x"], [b"t", b"\xff", b"x"]])
def test_anything_else_is_refused(parts: list[bytes]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - msgspec says what, and its words are not ours
        unpack(parts)
