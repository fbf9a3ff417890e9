"""The parts of a release that need no build: sizes, faults of commands, the commit that is built."""

import sys
from pathlib import Path

import pytest

from install.release.packages import check_metadata, check_size, export_commit, only, run
from install.release.refusal import ReleaseError
from tests.install.release.repository import make_repository


def test_a_wheel_that_is_too_large_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    wheel.write_bytes(bytes(2_100_000))
    assert check_size(wheel, limit_mb=2.1) == 2.1
    with pytest.raises(ReleaseError, match=r"^a\.whl: 2\.1 MB: expected at most 2 MB"):
        check_size(wheel, limit_mb=2.0)


def test_a_command_that_fails_is_named_with_its_last_line() -> None:
    script = "import sys; print('first', file=sys.stderr); sys.exit('the reason')"
    with pytest.raises(ReleaseError, match=r"^a command: exit code 1: the reason$"):
        run([sys.executable, "-c", script], "a command")
    with pytest.raises(ReleaseError, match="exit code 3: no output"):
        run([sys.executable, "-c", "raise SystemExit(3)"], "a command")


def test_one_file_is_expected(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"expected one file \*\.whl, found 0"):
        only(tmp_path, "*.whl")
    for name in ("a.whl", "b.whl"):
        (tmp_path / name).touch()
    with pytest.raises(ReleaseError, match="found 2"):
        only(tmp_path, "*.whl")


def test_what_is_not_committed_is_not_built(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "clone")
    (root / "left.py").touch()
    (root / "CHANGELOG.md").write_text("changed\n")
    (tmp_path / "out").mkdir()
    export_commit(root, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["CHANGELOG.md"]
    assert (tmp_path / "out" / "CHANGELOG.md").read_text().startswith("# Changelog")


def test_a_file_that_is_no_package_is_refused_by_twine(tmp_path: Path) -> None:
    pytest.importorskip("twine", reason="the extra dev brings it")
    wheel = tmp_path / "a-1-py3-none-any.whl"
    wheel.write_bytes(b"no zip")
    with pytest.raises(ReleaseError, match=r"^twine check: exit code 1"):
        check_metadata([wheel])
