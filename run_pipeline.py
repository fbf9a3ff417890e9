"""Run Glimpse: `python run_pipeline.py --help`."""

import sys


def main() -> int:
    """Settle the environment, then hand over to the command line, which imports numpy and ONNX Runtime."""
    from detectors.environment import set_environment_defaults

    set_environment_defaults()
    try:
        from pipeline.cli import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:  # while importing, before anything has begun
        return 130


if __name__ == "__main__":
    sys.exit(main())
