"""Markdown tables."""

from configs.markdown import table


def test_columns_after_the_first_are_aligned_to_the_right_on_request() -> None:
    rows = [["x", "1", "2"]]
    assert table(["a", "b", "c"], rows) == "| a | b | c |\n| --- | --- | --- |\n| x | 1 | 2 |"
    assert table(["a", "b", "c"], rows, align_right=True) == "| a | b | c |\n| --- | ---: | ---: |\n| x | 1 | 2 |"


def test_a_table_without_rows_has_a_head() -> None:
    assert table(["a"], [], align_right=True) == "| a |\n| --- |"
