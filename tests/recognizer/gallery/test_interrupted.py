"""An erasure that was interrupted is finished by the next call, which says that the bytes are gone."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recognizer.gallery.__main__ import main
from recognizer.gallery.store import Face, Gallery

# Ends after the deletion and before the file is rewritten: the write-ahead log still holds the old pages.
KILLED = """
import os, signal, sys
from recognizer.gallery.store import Gallery
Gallery.scrub = lambda self: os.kill(os.getpid(), signal.SIGKILL)
Gallery(sys.argv[1]).erase("Ada")
"""


def test_a_killed_erasure_is_finished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, vector = tmp_path / "g.db", np.ones(64, np.float32) / np.float32(8)
    vector[:32] *= -1
    with Gallery(path, create=True) as gallery:
        gallery.add("Ada", Face(vector, "a.jpg", "sha"), model_id="m")
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert main(["erase", "Ada", "--gallery", str(path)]) == 1
    shown = capsys.readouterr()
    assert "Ada is not enrolled" in shown.err
    assert "bytes that an earlier erasure left are overwritten now" in shown.out.replace("\n", " ")
    assert vector.tobytes() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
