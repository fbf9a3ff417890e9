"""Parts that are measured after a calibration are written into its file, and nothing else changes."""

from pathlib import Path

import msgspec
import pytest
import yaml

from recognizer.calibration import read_calibration
from recognizer.calibration_part import write_part
from tests.recognizer.test_worst_group import PLAIN, WORST


def test_a_part_is_added_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump({"chip_spec": {"size": 16}, "calibration": msgspec.to_builtins(PLAIN)}))
    write_part(path, "worst_group", WORST)
    write_part(path, "worst_group", msgspec.structs.replace(WORST, factor=2.0))
    read = read_calibration(path)
    assert read.worst_group == msgspec.structs.replace(WORST, factor=2.0)
    assert msgspec.structs.replace(read, worst_group=None) == PLAIN
    assert yaml.safe_load(path.read_text())["chip_spec"] == {"size": 16}


@pytest.mark.parametrize("content", ["{}", "calibration: 7"])
def test_another_file_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(content)
    with pytest.raises(ValueError, match="expected a file of glimpse calibrate"):
        write_part(path, "worst_group", WORST)
    assert path.read_text() == content
