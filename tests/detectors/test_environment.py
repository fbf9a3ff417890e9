"""Environment variables that numpy and ONNX Runtime read when they are imported."""

import os

import pytest

from detectors.environment import VARIABLES, set_environment_defaults


def test_a_variable_that_is_set_keeps_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that all are restored after the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    set_environment_defaults()
    assert {name: os.environ[name] for name in VARIABLES} == VARIABLES | {"OMP_NUM_THREADS": "8"}
