"""What numpy's BLAS and ONNX Runtime read from the environment once, when they are imported.

Left alone, each takes every core for itself, and ONNX Runtime phones home. So this is called before either is imported:
by run_pipeline.py, and by the packages whose modules are started with `python -m`.
"""

import os

VARIABLES = {
    "ORT_DISABLE_TELEMETRY": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def set_environment_defaults() -> None:
    """Set what is not set yet; whoever sets a variable outside keeps their value."""
    for name, value in VARIABLES.items():
        os.environ.setdefault(name, value)
