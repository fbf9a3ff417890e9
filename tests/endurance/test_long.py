"""The summary says which run failed, and the exit code follows."""

from importlib.util import find_spec

import pytest

from tests.endurance import long


def test_one_failure_is_told_and_ends_in_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = iter([long.Result("simulate", 0, 61.0), long.Result("soak", 1, 1800.0)])
    monkeypatch.setattr(long, "run", lambda *_: next(results))
    assert long.main(["--only", "simulate", "soak"]) == 1
    told = capsys.readouterr().out
    assert "passed" in told
    assert "FAILED, exit code 1" in told


def test_a_program_is_run_to_its_end() -> None:
    result = long.run("fuzz", ("-c", "raise SystemExit(3)"))
    assert (result.name, result.exit_code) == ("fuzz", 3)


@pytest.mark.parametrize("name", long.RUNS)
def test_every_run_is_a_program(name: str) -> None:
    module = long.RUNS[name][0]
    assert any(find_spec(one) for one in (f"{module}.__main__", module) if has_parent(one))


def has_parent(module: str) -> bool:
    spec = find_spec(module.rpartition(".")[0])
    return spec is not None and spec.submodule_search_locations is not None
