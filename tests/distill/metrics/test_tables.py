"""Tables."""

from distill.metrics.tables import format_tables


def test_a_table_has_empty_cells_for_missing_measurements() -> None:
    from distill.metrics.tables import Row

    rows = [Row("a", 16, "low-low", 81.25, {"0.01": 40.0}, {}), Row("b", 32, "low-low", 90.0, {"0.01": 60.0}, {})]
    assert "| a |  | 81.2 |" in format_tables(rows)
    assert "| b | 90.0 |  |" in format_tables(rows)
