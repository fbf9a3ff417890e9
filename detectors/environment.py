"""Defaults for the environment variables that numpy's BLAS and ONNX Runtime read once, on import.

Without them, each library uses every core, and ONNX Runtime sends telemetry. They must be set before either import:
run_pipeline.py and the packages whose modules are started with `python -m` do so.
"""

import os

VARIABLES = {
    "ORT_DISABLE_TELEMETRY": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def set_environment_defaults() -> None:
    """Set the variables that are not set yet; values from outside stay."""
    for name, value in VARIABLES.items():
        os.environ.setdefault(name, value)
