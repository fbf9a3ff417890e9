"""A bounded share of the fuzz of camera URLs; `make fuzz` runs half a million."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.secrets.known_secrets import KNOWN_SECRETS
from tests.fuzz import urls
from tests.fuzz.urls import Case, check, find_fault, main, make_case


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_secret_is_shown_and_no_wrong_host_dialled(random: random.Random) -> None:
    check(make_case(random))


@pytest.mark.parametrize("number", range(25))
def test_nor_in_files_flags_and_wrong_keys(number: int, folder: Path) -> None:
    check(make_case(random.Random(number)), folder)


def test_the_fuzz_finds_a_secret_that_is_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KNOWN_SECRETS, "add", lambda texts: None)
    with pytest.raises(AssertionError, match="shows"):
        check(Case("rtsp://cam.example/${env:SECRET}/live", "Qx7Zk9Jw4", has_host=True, by_form=False), folder)


def test_the_command_counts(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["--count", "40", "--seed", "7", "--folder", str(folder)]) == 0
    assert capsys.readouterr().out == "40 URLs from seed 7: no secret shown, no wrong host\n"


def test_the_first_case_that_fails_is_told_by_its_seed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case("rtsp://cam.example/${env:SECRET}/live", "Qx7Zk9Jw4", has_host=True, by_form=False)
    monkeypatch.setattr(KNOWN_SECRETS, "add", lambda texts: None)
    monkeypatch.setattr(urls, "make_case", lambda random: case)
    assert find_fault(range(20, 24), folder=folder).startswith("seed 20: ")
