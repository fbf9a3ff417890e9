"""Comments of an example file."""

from typing import Annotated

import msgspec
from msgspec import Meta

from configs.example import annotate
from configs.fields import Unit


class Camera(msgspec.Struct, frozen=True):
    source: Annotated[str, Meta(description="address; or a file")] = ""


class Toy(msgspec.Struct, frozen=True):
    seconds: Annotated[float, Meta(description="time limit; 0: none"), Unit("s")] = 0.0
    camera: Camera = Camera()
    cameras: tuple[Camera, ...] = ()


TEXT = """\
# Note: seconds: are explained elsewhere
# seconds: 3  # an old comment
camera:
  source: rtsp://${env:HOST}/1#2
cameras:
  - source: a  # second camera
other:
  source: 1  # unknown place
"""
ANNOTATED = """\
# Note: seconds: are explained elsewhere
# seconds: 3                            # time limit [s]
camera:
  source: rtsp://${env:HOST}/1#2        # address
cameras:
  - source: a  # second camera
other:
  source: 1  # unknown place
"""


def test_keys_get_the_first_clause_of_their_description_where_they_first_stand() -> None:
    assert annotate(TEXT, Toy) == ANNOTATED


def test_annotating_twice_changes_nothing() -> None:
    assert annotate(ANNOTATED, Toy) == ANNOTATED
