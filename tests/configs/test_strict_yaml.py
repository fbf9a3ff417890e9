"""YAML that would hang or end the program, or whose meaning is doubtful, is refused with a sentence."""

from pathlib import Path

import pytest
import yaml

from configs.read import ConfigurationError, load_yaml
from configs.strict_yaml import MAX_CHARACTERS, parse_yaml


def bomb(levels: int) -> str:
    """Lists of nine aliases of lists of nine aliases: nine to the power of `levels` values."""
    rows = [f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 9)}]" for level in range(1, levels)]
    return "\n".join(["x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1]", *rows])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (bomb(9), "its aliases stand for more than 1,000,000 values"),
        ("a: &a [*a]", "an alias stands for something it is part of"),
        ("a: &a {b: *a}", "an alias stands for something it is part of"),
        ("a: " + "[" * 3000, "nested deeper than 40"),
        ("\n".join("  " * depth + "a:" for depth in range(300)), "nested deeper than 40"),
        ("a: 1\nb: 2\na: 3", "a key is given twice (line 3, column 1)"),
        ("a: [{b: 1, b: 1}]", "a key is given twice"),
        ('a: "\\ud800"', "expected Unicode text, got a lone surrogate (line 1, column 4)"),
        ('"\\udfff": 1', "expected Unicode text, got a lone surrogate"),
        ("a: " + "9" * 5000, "a number of more than 400 digits"),
        ("a: \0", "unacceptable character #x0000"),
        ("a: 2026-99-99", "a date that does not exist"),
        ("a: !!python/object/apply:os.system [x]", "could not determine a constructor"),
        ("{a: b}: c", "unhashable key"),
        ("a: 1\n---\nb: 1", "expected a single document"),
        ("#" * (MAX_CHARACTERS + 1), "expected at most 8,000,000 characters"),
    ],
)
def test_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_yaml(path)
    assert fault in str(refused.value)
    assert str(refused.value).startswith(f"{path}: not readable as YAML: ")
    assert "\n" not in str(refused.value)


def test_anchors_merges_and_common_values_are_read_as_before() -> None:
    text = "a: &a {x: 1, y: [2, 3]}\nb: {<<: *a, x: 4}\nc: [*a, *a]\nd: 1e-3\ne: 0x10\nf: ~\ng: 2026-11-27\n"
    assert parse_yaml(text) == yaml.safe_load(text)
    assert parse_yaml("") is None
