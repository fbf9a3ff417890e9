"""What is expected of a recogniser: between its levels, of which weights, and what is no such file."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import yaml

from configs.read import ConfigurationError
from glimpse.selfcheck import expected as module
from glimpse.selfcheck.expected import Expected, Figure, Level, open_expected, read_expected


def make(*levels: Level) -> Expected:
    figures = {figure: levels for figure in Figure}
    return Expected(model_id="m", weights="w", command="c", data="d", date="2026-01-01", figures=figures, tails=())


def write(path: Path, found: Expected, **changes: Any) -> Path:
    body = msgspec.to_builtins(found) | changes
    path.write_text(yaml.safe_dump({"selfcheck": body}), encoding="utf-8")
    return path


SMALL, LARGE = Level(px=10, mean=1.0, faces=0.1, sites=0.01), Level(px=40, mean=3.0, faces=0.3, sites=0.03)


def test_between_two_levels_it_is_linear_in_the_logarithm_of_the_size() -> None:
    mean, faces, sites = make(SMALL, LARGE).level(Figure.LENGTH, np.array([10.0, 20.0, 40.0]))
    np.testing.assert_allclose(mean, [1, 2, 3])
    np.testing.assert_allclose(faces, [0.1, 0.2, 0.3])
    np.testing.assert_allclose(sites, [0.01, 0.02, 0.03])


def test_beyond_the_levels_the_nearest_holds_and_their_order_does_not_matter() -> None:
    mean, _, _ = make(LARGE, SMALL).level(Figure.DOWN, np.array([0.0, 3.0, 400.0]))
    np.testing.assert_allclose(mean, [1, 1, 3])


def test_one_level_is_expected_at_every_size() -> None:
    mean, _, _ = make(SMALL).level(Figure.COLOUR, np.array([1.0, 100.0]))
    np.testing.assert_allclose(mean, 1.0)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert read_expected(write(tmp_path / "x.yaml", make(SMALL, LARGE))) == make(SMALL, LARGE)


@pytest.mark.parametrize("changes", [{"extra": 1}, {"weights": 3}, {"tails": [{"rate": 1.5, "mean": 0, "sites": 0}]}])
def test_another_file_is_refused_with_its_name(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = write(tmp_path / "x.yaml", make(SMALL), **changes)
    with pytest.raises(ConfigurationError, match=r"x\.yaml: expected a file of glimpse\.selfcheck\.measure"):
        read_expected(path)


def test_a_file_without_the_section_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("other: 1\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"x\.yaml: expected a file"):
        read_expected(tmp_path / "x.yaml")


@pytest.mark.parametrize("figures", [{}, {figure.value: [] for figure in Figure}, {"length": [{"px": 9, "mean": 0}]}])
def test_a_figure_without_levels_is_refused_where_it_is_read(tmp_path: Path, figures: dict[str, Any]) -> None:
    path = write(tmp_path / "x.yaml", make(SMALL), figures=figures)
    with pytest.raises(ConfigurationError, match=r"x\.yaml"):
        read_expected(path)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "WEIGHTS", tmp_path)
    return write(tmp_path / "selfcheck_base.yaml", make(SMALL))


@pytest.mark.usefixtures("shipped")
def test_what_ships_for_a_family_is_opened_for_the_weights_that_were_measured() -> None:
    assert open_expected("base", "w") == make(SMALL)
    assert open_expected("tiny", "w") is None
    assert open_expected("models/mine.onnx", "w") is None
    with pytest.raises(ValueError, match=r"selfcheck_base\.yaml was measured with other weights than v; make .*--out"):
        open_expected("base", "v")


@pytest.mark.parametrize("name", ["tiny", "base", "large"])
def test_each_shipped_family_has_levels_of_each_figure(name: str) -> None:
    found = read_expected(module.WEIGHTS / f"selfcheck_{name}.yaml")
    assert set(found.figures) == set(Figure)
    assert all(levels for levels in found.figures.values())
