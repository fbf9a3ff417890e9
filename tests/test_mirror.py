"""Every module with logic has a test file of its own name in the mirrored folder, but for those that are listed."""

import re
from pathlib import Path

from tests.conftest import REPOSITORY

PACKAGES = ("configs", "detectors", "distill", "glimpse", "install", "pipeline", "recognizer", "website", "benchmarks")
LISTED = Path(__file__).with_name("untested_modules.txt")
FUNCTION = re.compile(r"^ *(?:async )?def ", re.MULTILINE)


def has_logic(path: Path) -> bool:
    """Whether it has a function of its own."""
    return FUNCTION.search(path.read_text(encoding="utf-8")) is not None


def untested() -> set[str]:
    """Modules with logic, by their paths from the repository's root, that have no test file of their own name."""
    found = (path.relative_to(REPOSITORY) for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py"))
    return {
        path.as_posix()
        for path in found
        if not path.name.startswith("__")
        and not (REPOSITORY / "tests" / path.parent / f"test_{path.name}").is_file()
        and has_logic(REPOSITORY / path)
    }


def listed() -> list[str]:
    lines = LISTED.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_a_new_module_has_a_test_file_of_its_name() -> None:
    missing = sorted(untested() - set(listed()))
    assert not missing, f"expected a test file tests/FOLDER/test_MODULE.py for each: {missing}"


def test_what_has_a_test_file_is_listed_no_more() -> None:
    assert sorted(set(listed()) - untested()) == []
    assert listed() == sorted(set(listed()))
