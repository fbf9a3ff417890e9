"""Every way to start Glimpse settles threads and telemetry before numpy and ONNX Runtime are imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.environment import VARIABLES

ROOT = Path(__file__).parents[1]
PROBE = """
import os, sys, importlib.abc
class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in ("numpy", "onnxruntime"):
            print(name, all(os.environ.get(v) == "1" for v in {names!r}))
sys.meta_path.insert(0, Watch())
sys.argv = {argv!r}
import runpy
try:
    runpy.run_module({module!r}, run_name="__main__", alter_sys=True)
except SystemExit:
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("run_pipeline", ["--source", "nowhere.mp4", "--detector", "nowhere.onnx"]),
        ("recognizer.gallery", ["list", "--gallery", "nowhere.db"]),
        ("recognizer.calibrate", ["--help"]),
    ],
)
def test_the_environment_is_settled_first(module: str, arguments: list[str]) -> None:
    script = PROBE.format(names=tuple(VARIABLES), argv=[module, *arguments], module=module)
    bare = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, check=False)
    imported = dict(line.split() for line in done.stdout.splitlines() if line.startswith(("numpy ", "onnxruntime ")))
    assert imported.get("numpy") == "True", done.stdout + done.stderr
    assert imported.get("onnxruntime", "True") == "True"
