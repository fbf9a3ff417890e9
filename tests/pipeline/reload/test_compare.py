"""What a changed configuration means: what is taken up, and what needs a restart."""

from typing import Any

import msgspec
import pytest

from pipeline.capture.sources import parse_source
from pipeline.reload.compare import Camera, compare, with_free_part
from pipeline.settings.types import CameraSettings, Settings

TRIANGLE = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))


def settings(**changes: Any) -> Settings:
    """The settings with these changes, `section__key=value` or `key=value`."""
    made = Settings()
    for place, value in changes.items():
        section, _, key = place.rpartition("__")
        if section:
            value = msgspec.structs.replace(getattr(made, section), **{key: value})
        made = msgspec.structs.replace(made, **{section or key: value})
    return made


def camera(name: str = "door", url: str = "rtsp://127.0.0.1:9/a", **changes: Any) -> dict[str, Camera]:
    own = CameraSettings(source=url, name=name, **changes)
    [source] = parse_source(url, name=name)
    return {name: (source, own)}


@pytest.mark.parametrize(
    "key", ["decision__false_alarm", "faces__interval", "faces__max_per_step", "tracking__lost_seconds"]
)
def test_thresholds_are_taken_up(key: str) -> None:
    found = compare(Settings(), settings(**{key: 0.01 if "max" not in key else 3}), {}, {})
    assert found.settings
    assert found.locked == ()


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("events__bind", "none"),
        ("gallery", "other.db"),
        ("recognizer__model", "tiny"),
        ("detector__score", 0.5),
        ("events__preview_fps", 5.0),
        ("node", "other"),
    ],
)
def test_what_needs_a_restart_is_named_and_stays_as_it_was(change: str, value: Any) -> None:
    new = settings(**{change: value}, faces__interval=9.0)
    found = compare(Settings(), new, {}, {})
    assert found.locked == (change.replace("__", "."),)
    assert with_free_part(Settings(), new) == settings(faces__interval=9.0)


def test_sections_of_other_processes_mean_nothing() -> None:
    found = compare(Settings(), settings(history__unknowns=True, watch_config=False), {}, {})
    assert not found.any
    assert found.locked == ()


def test_cameras_come_go_and_pause() -> None:
    new = settings(cameras=(CameraSettings(source="x", name="hall", enabled=False),))
    found = compare(Settings(), new, {**camera("door"), **camera("hall")}, camera("yard"))
    assert list(found.added) == ["yard"]
    assert found.removed == {"door": "removed", "hall": "paused"}


@pytest.mark.parametrize(
    "change",
    [{"fps": 5.0}, {"min_face_px": 20.0}, {"masks": (TRIANGLE,)}, {"zones": {"a": TRIANGLE}}, {"roi": TRIANGLE}],
)
def test_a_camera_is_adjusted_without_connecting_again(change: dict[str, Any]) -> None:
    found = compare(Settings(), Settings(), camera(), camera(**change))
    assert (list(found.tuned), list(found.again)) == (["door"], [])


@pytest.mark.parametrize("change", [{"url": "rtsp://127.0.0.1:9/b"}, {"stall_seconds": 2.0}, {"aspect": "4:3"}])
def test_another_source_or_connection_means_to_connect_again(change: dict[str, Any]) -> None:
    found = compare(Settings(), Settings(), camera(), camera(**change))
    assert (list(found.tuned), list(found.again)) == ([], ["door"])


def test_the_same_again_changes_nothing() -> None:
    assert not compare(Settings(), Settings(), camera(), camera()).any
