"""Where sections are written, and how tables look."""

from pathlib import Path

import pytest

from benchmarks.section import provenance, write_section
from configs.markdown import table


def test_a_section_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a begin -->\nold\n<!-- a end -->\nafter\n", encoding="utf-8")
    write_section(page, "a", "new\n")
    write_section(page, "a", "newer")
    assert page.read_text(encoding="utf-8") == "before\n<!-- a begin -->\nnewer\n<!-- a end -->\nafter\n"
    with pytest.raises(ValueError, match="<!-- b begin -->"):
        write_section(page, "b", "text")


def test_a_table_has_a_rule_and_may_align_right() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert table(["a", "b"], [], align_right=True).endswith("| --- | ---: |")


def test_provenance_cuts_folders_off_and_leaves_out_where_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.argv", ["module", "/secret/place/clip.mp4", "--write", "a.md", "--readme", "b.md", "--px", "12"]
    )
    assert provenance("benchmarks.thing").startswith("`python -m benchmarks.thing clip.mp4 --px 12`\n\nRun on ")
