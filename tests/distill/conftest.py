"""The toy world of the distillation tests."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from distill.work_folder import WorkFolder
from tests.synthetic.distill_world import write_distill_world

if find_spec("torch"):
    import torch
    import torch._dynamo  # every optimiser's first step would import it, for seconds of some test's time

    torch.set_num_threads(1)  # small tensors: a second thread only waits

collect_ignore_glob = [] if find_spec("torch") else ["*"]  # tests/conftest.py says so


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `faces/`, `test/`, `pairs.txt`, `teacher.onnx` and `toy.yaml`; nothing is distilled yet."""
    return write_distill_world(tmp_path_factory.mktemp("toy")).parent


@pytest.fixture
def labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkFolder:
    """A work folder with labelled faces (tests/synthetic/labelled_faces.py) of people without a name."""
    from tests.synthetic.labelled_faces import write_labelled_faces  # needs the extra `distill`

    monkeypatch.setattr("distill.training.dataset.load_classes", lambda work: np.array([-1, 0, 0], np.int64))
    write_labelled_faces(WorkFolder(tmp_path))
    return WorkFolder(tmp_path)
