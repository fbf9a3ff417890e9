"""Run Glimpse: `python run_pipeline.py --help`.

The variables are set here, before anything is imported, because numpy's BLAS and ONNX Runtime read theirs once, at
import: ONNX Runtime would phone home, and each of them would take every core for itself.
"""

import os
import sys


def main() -> int:
    """Set the environment, then hand over to the command line."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    from pipeline.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
