"""The table of what people expect: sixty rows, each with a command that exists or a reason."""

import re

from tests.command_lines import ROOT, find_mistake, needs_torch

PAGE = (ROOT / "docs" / "expectations.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if re.match(r"\| \d", line)]
LEAST = 38


def test_every_row_is_there_and_the_page_counts_right() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, 61))
    counts = {here: sum(row[2] == here for row in ROWS) for here in ("has", "partly", "no")}
    assert sum(counts.values()) == len(ROWS)
    assert counts["has"] >= LEAST
    left = f"{counts['no']} {'is' if counts['no'] == 1 else 'are'} not"
    assert f"{counts['has']} are here, {counts['partly']} partly, and {left}" in PAGE


def test_what_is_here_has_a_command_and_what_is_not_has_a_reason() -> None:
    for number, what, here, command, note in ROWS:
        assert bool(command) == (here != "no"), f"{number} {what}"
        assert note or here == "has", f"{number} {what}"


def test_every_command_exists() -> None:
    commands = [row[3].strip("`") for row in ROWS if row[3]]
    assert [mistake for line in commands if not needs_torch(line) and (mistake := find_mistake(line))] == []
    tests = [name for line in commands for name in re.findall(r"tests/[\w/]+\.py", line)]
    assert [name for name in tests if not (ROOT / name).is_file()] == []
