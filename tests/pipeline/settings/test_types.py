"""The settings' own types."""

import pytest

from configs.fields import list_fields
from configs.read import ConfigurationError
from pipeline.settings.types import Settings, parse_roi


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


def test_every_setting_has_a_description() -> None:
    assert not [".".join(field.place) for field in list_fields(Settings) if not field.description]
