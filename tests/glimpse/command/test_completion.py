"""The scripts that complete the command, in the shells that are installed."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cyclopts.completion.detect import ShellDetectionError

from glimpse.command.app import COMMANDS, main

BASH = """
source "$0"
COMP_WORDS=(glimpse "$@"); COMP_CWORD=$#; COMPREPLY=()
complete_glimpse=$(complete -p glimpse | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p')
$complete_glimpse glimpse "${@: -1}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = "source $argv[1]; complete -C $argv[2]"


def script(folder: Path, shell: str) -> Path:
    file = folder / "_glimpse"
    assert main(["--install-completion", "--shell", shell, "--output", str(file)]) == 0
    return file


def installed(shell: str) -> str:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell}")
    return found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pe"], ["people"]),
        (["people", "li"], ["list"]),
        (["run", "--json", "--gal"], ["--gallery"]),
        (["evaluate", "--tr"], ["--truth"]),
    ],
)
def test_bash_completes_commands_and_flags(words: list[str], expected: list[str], tmp_path: Path) -> None:
    command = [installed("bash"), "--norc", "-c", BASH, str(script(tmp_path, "bash")), *words]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == expected


def test_fish_completes_a_command(tmp_path: Path) -> None:
    command = [installed("fish"), "--no-config", "-c", FISH, str(script(tmp_path, "fish")), "glimpse pe"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.startswith("people\t")


def test_zsh_reads_the_script(tmp_path: Path) -> None:
    path = script(tmp_path, "zsh")
    assert path.read_text(encoding="utf-8").startswith("#compdef glimpse")
    subprocess.run([installed("zsh"), "-n", str(path)], check=True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_script_names_every_command(shell: str, tmp_path: Path) -> None:
    text = script(tmp_path, shell).read_text(encoding="utf-8")
    assert all(command in text for command in COMMANDS)


@pytest.mark.parametrize(("shell", "startup"), [("bash", ".bashrc"), ("zsh", ".zshrc"), ("fish", None)])
def test_it_is_installed_once_for_the_user(
    shell: str, startup: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for _ in range(2):
        assert main(["--install-completion", "--shell", shell]) == 0
    path = Path(capsys.readouterr().out.split(" to ")[1].partition(". It")[0])
    assert path.is_relative_to(tmp_path)
    if startup:
        assert (tmp_path / startup).read_text().count(str(path if shell == "bash" else path.parent)) in (1, 2)


def test_a_shell_that_is_not_known_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--install-completion", "--shell", "tcsh"]) == 2
    assert "bash" in capsys.readouterr().err


def test_a_shell_that_cannot_be_told_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def detect_shell() -> str:
        raise ShellDetectionError

    monkeypatch.setattr("glimpse.command.completion.detect_shell", detect_shell)
    assert main(["--install-completion"]) == 2
    assert "--shell: expected bash, zsh, fish or powershell" in capsys.readouterr().err
