"""An erasure that is killed at any moment is completed by the next call."""

import base64
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pipeline.erase.__main__ import main
from pipeline.erase.run import erase_person
from pipeline.erase.stores import STORES
from recognizer.gallery.transfer import read_export
from tests.synthetic.erasable_site import NAME, OTHER, chip, make_site, read_without_other


@pytest.mark.parametrize("kind", [store.kind for store in STORES])
def test_an_erasure_that_was_killed_is_completed_by_the_next(
    kind: str, site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = next(store for store in STORES if store.kind == kind)
    original = type(store).erase

    def die_after(self: object, path: Path, person: object) -> str:
        original(self, path, person)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(type(store), "erase", die_after)
    with pytest.raises(KeyboardInterrupt):
        erase_person(NAME, [site])
    monkeypatch.undo()
    assert main([NAME, str(site)]) == 0
    assert main([NAME, str(site)]) == 0
    shown = capsys.readouterr().out
    assert f"No store knows {NAME}. Bytes that an interrupted erasure left" in shown
    assert b"Neil" not in read_without_other(site)
    assert not list((site / "run" / "faces").glob("*-1.jpg"))


def test_a_killed_process_leaves_what_the_next_call_finishes(site: Path) -> None:
    """A real kill, in the middle of the first store that is written after the gallery."""
    script = (
        "import os, signal, sys\n"
        "from pipeline.erase import run\n"
        "real = os.pwrite\n"
        "os.pwrite = lambda *a: (real(*a), os.kill(os.getpid(), signal.SIGKILL))\n"
        "run.erase_person(sys.argv[1], [run.Path(sys.argv[2])])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, NAME, str(site)], check=False)
    assert done.returncode == -signal.SIGKILL
    erasure = erase_person(NAME, [site])
    assert erasure.complete
    assert b"Neil" not in read_without_other(site)


@pytest.mark.parametrize("step", range(6))
def test_an_export_whose_erasure_was_killed_between_two_writes_is_finished_later(
    site: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Counts the calls that change the disk, and ends before number `step`."""
    export, calls = site / "export.jsonl", iter(range(100))

    def dying(call: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object, **options: object) -> object:
            if next(calls) == step:
                raise KeyboardInterrupt
            return call(*arguments, **options)

        return run

    with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
        for module, name in ((os, "fsync"), (os, "replace"), (os, "pwrite"), (Path, "replace"), (Path, "unlink")):
            patched.setattr(module, name, dying(getattr(module, name)))
        erase_person(NAME, [export])
    for _ in range(2):
        erase_person(NAME, [site])
    assert main([NAME, str(site)]) == 0
    assert [name for name, _ in read_export(export)[1]] == [OTHER]
    assert not list(site.glob(".export*"))


class KillError(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


def erase_until(step: int, site: Path, monkeypatch: pytest.MonkeyPatch, *, torn: bool) -> bool:
    """Erase, and end before change number `step` of the disk; whether there was one. torn: half of a file is written.

    What is shorter than a page of the kernel is written whole or not at all, so only whole files are torn.
    """
    calls = iter(range(1000))

    def dying(call: Callable[..., object], *, is_write: bool) -> Callable[..., object]:
        def run(*arguments: Any, **options: Any) -> object:
            if next(calls) != step:
                return call(*arguments, **options)
            if torn and is_write and len(arguments[1]) > 200:
                file, data, place = arguments
                call(file, data[: len(data) // 2], place)
            raise KillError

        return run

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        for module, name in ((os, "fsync"), (os, "pwrite"), (Path, "replace"), (Path, "unlink")):
            patched.setattr(module, name, dying(getattr(module, name), is_write=name == "pwrite"))
        try:
            erase_person(NAME, [site])
        except KillError:
            return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("torn", [False, True])
def test_after_a_kill_at_any_change_of_the_disk_the_next_call_says_that_the_bytes_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: bool
) -> None:
    """A page, pictures, tables, events, an export, a review, a journal; SQLite brings its own log."""
    whole, step = make_site(tmp_path / "whole"), 0
    (whole / "people.db").unlink()
    (whole / "alerts.db").unlink()
    (whole / "collection.db").unlink()
    (whole / "outbox.db").write_bytes(bytes(5000))  # pages of a database are zero where nothing is written yet
    while erase_until(step, site := copy_of(whole, tmp_path / f"site{step}"), monkeypatch, torn=torn):
        assert [outcome.left for outcome in erase_person(NAME, [site]).outcomes if outcome.left] == [], step
        data = read_without_other(site)
        assert b"Neil" not in data
        assert chip(0) not in data
        assert base64.b64encode(chip(0)) not in data
        step += 1
    assert step > 30


def copy_of(site: Path, folder: Path) -> Path:
    shutil.copytree(site, folder)
    return folder
