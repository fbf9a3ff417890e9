"""Results of a bundle are taken back whole, or not at all."""

import os
import signal
from pathlib import Path

import msgspec
import numpy as np
import pytest

from distill.adapt.head import random_head
from distill.bundle.collect import collect, find_results
from distill.bundle.manifest import Manifest, head_hash
from distill.config import FacesSettings, Settings, StudentSettings
from distill.data.store import write_atomic
from distill.errors import DistillError
from distill.progress import read_log
from distill.training.checkpoint import load_checkpoint, plain_settings, save_checkpoint
from distill.work_folder import StudentFolder, WorkFolder


def write_student(folder: StudentFolder, settings: Settings, samples: int) -> None:
    """A checkpoint and a log that says the same."""
    save_checkpoint(folder.checkpoint, {"samples": samples, "settings": plain_settings(settings)})
    lines = [{"stage": "trained", "time": number, "samples": number} for number in range(100, samples + 1, 100)]
    write_atomic(folder.log, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A work folder with a student of 200 samples."""
    student = StudentSettings(size=16)
    made = Settings(
        work=str(tmp_path / "work"), faces=FacesSettings(sources=()), teachers=(), students={"s16": student}
    )
    work = WorkFolder(tmp_path / "work")
    features = np.eye(8, dtype=np.float32)
    random_head(features, features, 4, seed=1).save(work.head)
    write_atomic(work.teachers, b"[]")
    write_student(work.student("s16"), made, 200)
    return made


@pytest.fixture
def returned(tmp_path: Path, settings: Settings) -> Path:
    """What came back: the student at 400 samples."""
    folder = tmp_path / "returned"
    manifest = Manifest(["s16", "s32"], head_hash(WorkFolder(tmp_path / "work")), [], 8, [])
    write_atomic(folder / "bundle.json", msgspec.json.encode(manifest))
    write_student(WorkFolder(folder).student("s16"), settings, 400)
    return folder


def samples_here(settings: Settings) -> int:
    """What the work folder's checkpoint has seen."""
    content = load_checkpoint(WorkFolder(Path(settings.work)).student("s16").checkpoint)
    assert content is not None
    return int(content["samples"])


def collect_and_die(settings: Settings, folder: Path, replacement: int) -> int:
    """Collect in a process that kills itself before a file is replaced; returns its wait status."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    left, replace = [replacement], Path.replace

    def die_or_replace(path: Path, target: Path) -> Path:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(path, target)

    Path.replace = die_or_replace  # type: ignore[method-assign, assignment]
    collect(settings, folder)
    os._exit(0)


def test_a_kill_at_any_file_loses_nothing_and_collecting_again_completes_it(settings: Settings, returned: Path) -> None:
    log = WorkFolder(Path(settings.work)).student("s16").log
    killed = 0
    while os.WIFSIGNALED(collect_and_die(settings, returned, killed + 1)):
        killed += 1
        assert samples_here(settings) == 200
        assert [line["samples"] for line in read_log(log)][:2] == [100, 200]
    assert killed == 2  # before the log and before the checkpoint
    assert samples_here(settings) == 400
    assert [line["samples"] for line in read_log(log)] == [100, 200, 300, 400]


def test_an_older_result_is_refused(settings: Settings, returned: Path) -> None:
    write_student(WorkFolder(Path(settings.work)).student("s16"), settings, 500)
    with pytest.raises(DistillError, match=r"has seen 400 samples and the work folder's 500.*nothing was taken"):
        collect(settings, returned)
    assert samples_here(settings) == 500


def test_results_of_another_configuration_head_or_machine_are_refused(settings: Settings, returned: Path) -> None:
    other = msgspec.structs.replace(settings, students={"s16": StudentSettings(size=16, bottleneck=24)})
    with pytest.raises(DistillError, match=r"students\.s16\.bottleneck: expected 24, got 32"):
        collect(other, returned)
    longer = msgspec.structs.replace(settings, students={"s16": StudentSettings(size=16, samples=9)})
    assert [result.samples for result in find_results(longer, returned)] == [400]  # how long may differ
    checkpoint = WorkFolder(returned).student("s16").checkpoint
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(DistillError, match="expected a checkpoint, got a damaged file"):
        collect(settings, returned)
    WorkFolder(Path(settings.work)).head.write_bytes(b"another")
    with pytest.raises(DistillError, match="another head"):
        collect(settings, returned)
    with pytest.raises(DistillError, match="expected the manifest of a bundle, found none"):
        collect(settings, Path(settings.work))
    assert samples_here(settings) == 200
