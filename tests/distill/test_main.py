"""`python -m distill` without PyTorch says what to install."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_without_torch_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\nfind = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'torch' else find(name, *rest)\n"
    )
    paths = f"{tmp_path}:{ROOT}"
    command = [sys.executable, "-m", "distill", "run", "configs/distill-own.yaml"]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": paths}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "training needs torch: pip install torch torchvision\n"
