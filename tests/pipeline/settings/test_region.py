"""The region that is searched, as people write it."""

import pytest

from configs.read import ConfigurationError
from pipeline.settings.region import parse_roi


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("0.1,0.2,0.5,1", ((0.1, 0.2), (0.5, 0.2), (0.5, 1), (0.1, 1))),
        ("0,0 0.5,0 0,0.5", ((0, 0), (0.5, 0), (0, 0.5))),
    ],
    ids=["rectangle", "polygon"],
)
def test_a_region_is_a_rectangle_or_a_polygon(text: str, points: object) -> None:
    assert parse_roi(text) == points


@pytest.mark.parametrize("text", ["", "a", "0,0,1", "0,0,1,2", "0,0,1,1,1", "-0.1,0,1,1"])
def test_a_region_outside_of_the_frame_or_without_points_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"roi {text!r}: expected x1,y1,x2,y2"):
        parse_roi(text)


@pytest.mark.parametrize("text", ["nan,0,1,1", "inf,0,1,1", "0,0,1,1e400", "0;0;1;1"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="expected x1,y1,x2,y2 or three points and more"):
        parse_roi(text)


def test_what_may_be_an_address_with_a_password_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_roi("rtsp://u:hunter2@h/s")
    assert "hunter2" not in str(raised.value)
    assert "of 20 characters" in str(raised.value)
