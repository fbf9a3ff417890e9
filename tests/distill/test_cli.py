"""The command line of distill: which stages run, with what, and what ends with code 2."""

import argparse
from pathlib import Path

import pytest

from distill import cli
from distill.config import Settings
from distill.errors import DistillError

CONFIG = "work: work\nfaces: {sources: []}\nteachers: []\nstudents: {a: {size: 16}}\n"


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "site.yaml").write_text(CONFIG)
    return str(tmp_path / "site.yaml")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Settings, argparse.Namespace]]:
    """What the stages were called with; none does anything."""
    recorded: list[tuple[str, Settings, argparse.Namespace]] = []
    for commands in (cli.STAGES, cli.OTHER_COMMANDS):
        for name in commands:
            monkeypatch.setitem(
                commands, name, lambda settings, options, name=name: recorded.append((name, settings, options))
            )
    return recorded


Calls = list[tuple[str, Settings, argparse.Namespace]]


def test_run_is_every_stage_in_order(config: str, calls: Calls) -> None:
    assert cli.main(["run", config, "faces.measure_share=0.1", "evaluate.images=test", "evaluate.pairs=pairs"]) == 0
    assert [name for name, _, _ in calls] == list(cli.STAGES)
    assert [*cli.STAGES] == ["prepare", "adapt", "label", "train", "export", "calibrate", "evaluate"]


def test_run_measures_only_with_what_the_configuration_names(config: str, calls: Calls) -> None:
    assert cli.main(["run", config]) == 0
    assert [name for name, _, _ in calls] == ["prepare", "adapt", "label", "train", "export"]


@pytest.mark.parametrize("command", ["label", "ablation", "landmarks"])
def test_a_command_is_one_stage(config: str, calls: Calls, command: str) -> None:
    assert cli.main([command, config]) == 0
    assert [name for name, _, _ in calls] == [command]


def test_options_and_settings_reach_the_stage(config: str, calls: Calls) -> None:
    assert cli.main(["train", config, "seed=7", "--student", "a", "threads=2", "--student", "b"]) == 0
    ((_, settings, options),) = calls
    assert (settings.seed, settings.threads, options.student) == (7, 2, ["a", "b"])
    assert options.worker == (0, 1)


def test_a_worker_takes_its_share(config: str, calls: Calls) -> None:
    assert cli.main(["label", config, "--worker", "1/2"]) == 0
    assert calls[0][2].worker == (1, 2)


@pytest.mark.parametrize("worker", ["2/2", "0/0", "1", "1/", "/2", "-1/2", "a/b", ""])
def test_a_worker_outside_of_its_number_is_refused(
    config: str, calls: Calls, capsys: pytest.CaptureFixture[str], worker: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["label", config, f"--worker={worker}"])
    assert "expected K/N with K below N" in capsys.readouterr().err
    assert calls == []


def test_a_fault_ends_the_run_with_its_message(
    config: str, calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(settings: Settings, options: argparse.Namespace) -> None:
        raise DistillError("adapt.dim: [expected] fewer")

    monkeypatch.setitem(cli.STAGES, "adapt", fail)
    assert cli.main(["run", config]) == 2
    assert [name for name, _, _ in calls] == ["prepare"]
    assert "distill: adapt.dim: [expected] fewer" in capsys.readouterr().err


def test_a_missing_configuration_ends_with_code_2(calls: Calls, tmp_path: Path) -> None:
    assert cli.main(["prepare", str(tmp_path / "none.yaml")]) == 2
    assert calls == []


def test_only_training_runs_in_several_processes(config: str, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert cli.main(["label", config]) == 2
    assert calls == []
    assert cli.main(["train", config]) == 0
    assert [name for name, _, _ in calls] == ["train"]
