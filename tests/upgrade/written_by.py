"""Writes one file of each kind with the code of an earlier version: `written_by.py OUT FACES`, in a worktree of it.

It imports what that version has, under the names that it has, and no more of it than every version since has had.
"""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

RUN = "20261101T120000Z-aaaaaa"
PASSWORD = "correct horse battery"


def main() -> None:
    out, faces = Path(sys.argv[1]), Path(sys.argv[2])
    write_gallery(out, faces)
    write_report(out, faces)
    write_outbox(out)
    write_journal(out)
    write_settings(out)
    write_history(out)
    write_rooms(out)
    for left in (*out.glob("*-wal"), *out.glob("*-shm"), *out.glob("*.lock"), *out.glob("*.sent")):
        left.unlink()


def write_gallery(out: Path, faces: Path) -> None:
    """Two people by the command of that version, and their export."""
    for name in ("Ada", "Dan"):
        (out / "faces" / name).mkdir(parents=True)
        shutil.copy(faces / f"{name}.jpg", out / "faces" / name)
    gallery = ("--gallery", str(out / "people.db"))
    run("-m", "recognizer.gallery", "enroll", str(out / "faces"), *gallery)
    run("-m", "recognizer.gallery", "export", str(out / "export.jsonl"), *gallery)
    shutil.rmtree(out / "faces")


def write_report(out: Path, faces: Path) -> None:
    """A second in which Ada is seen."""
    import cv2
    import numpy as np

    from tests.synthetic.video import write_clip

    picture = cv2.imread(str(faces / "Ada.jpg"))
    assert picture is not None
    face = cv2.resize(picture, (160, 160), interpolation=cv2.INTER_AREA)
    frames = []
    for number in range(12):
        frame = np.full((240, 320, 3), 90, np.uint8)
        frame[40:200, 60 + number : 220 + number] = face
        frames.append(frame)
    clip = write_clip(out / "clip.mp4", frames)
    run("run_pipeline.py", "--source", str(clip), "--report", str(out / "report"), "--gallery", str(out / "people.db"))
    clip.unlink()


def write_outbox(out: Path) -> None:
    """A run that was killed: its track has no end."""
    outbox = importlib.import_module("pipeline.bus.outbox").Outbox(out / "outbox.db")
    for event in of_run():
        outbox.put(events().topic(event), event, events().encode(event))
    outbox.close()


def write_journal(out: Path) -> None:
    """The cache of a recording that was interrupted."""
    import numpy as np

    cache = importlib.import_module("pipeline.resume.cache")
    kind = getattr(cache, "InferenceCache", None) or cache.AnswerCache
    journal = kind.open(out / "journal.db", fingerprint={"version": version()}, resume=False)
    journal.put_vectors("door", 0, np.eye(1, 8, dtype=np.float32))
    journal.close()


def write_settings(out: Path) -> None:
    """Every key of that version's configuration at its default, its examples, and a calibration that shipped."""
    types, load = (importlib.import_module(f"pipeline.settings.{name}") for name in ("types", "load"))
    settings = types.Settings(node="shop", cameras=(types.CameraSettings(name="door", source="rtsp://192.0.2.10/s"),))
    show = getattr(load, "format_settings", None) or load.shown
    (out / "all_keys.yaml").write_text(show(settings), encoding="utf-8")
    for name in ("example.yaml", "distill.yaml"):
        shutil.copy(f"configs/{name}", out / name)
    weights = Path("recognizer/weights")
    shutil.copy(next(weights.glob("calibration*.yaml")), out / "calibration.yaml")


def write_history(out: Path) -> None:
    """What the recorder kept of the same run."""
    store = module("pipeline.history.store")
    if store is None:
        return
    position = importlib.import_module("pipeline.bus.position").Position(RUN, {"v1/track/door/": 2})
    with store.HistoryWriter(out / "history.db") as history:
        history.add([*of_run(), made().sample(0, epoch=RUN)], position)


def write_rooms(out: Path) -> None:
    """Alerts, deliveries, accounts and the collected stream."""
    site, accounts = module("tests.synthetic.erasable_site"), module("pipeline.web.security.accounts")
    if site is None or accounts is None:
        return
    site.write_alerts(out)
    site.write_deliveries(out / "webhooks.db")
    file = importlib.import_module("pipeline.web.security.accounts_file").AccountsFile(out / "accounts.db", create=True)
    role = importlib.import_module("pipeline.web.security.roles").role_of("admin")
    accounts.Accounts(file).add("ada", PASSWORD, role, by="test")
    file.close()
    collection = importlib.import_module("tests.synthetic.collection")
    database = collection.new_collection(out)
    collection.add(database, of_run())
    database.close()


def of_run() -> list[Any]:
    """Track 1 becomes Ada and ends, track 2 stays."""
    action, evidence = events().TrackAction, made().evidence("Ada")
    return [
        made().track(0, epoch=RUN, action=action.NEW),
        made().identity(0, epoch=RUN),
        made().track(1, epoch=RUN, action=action.END, evidence=evidence, reason="lost"),
        made().track(2, epoch=RUN, action=action.NEW, track=2),
    ]


def events() -> ModuleType:
    return importlib.import_module("pipeline.events")


def made() -> ModuleType:
    return importlib.import_module("tests.synthetic.events")


def version() -> str:
    return str(importlib.import_module("pipeline.version").VERSION)


def module(name: str) -> ModuleType | None:
    """A module that not every version has."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def run(*words: str) -> None:
    """Run a command of that version; exit code 1 says that a photograph was refused, which the tests would notice."""
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
