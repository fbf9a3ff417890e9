"""`python -m glimpse`: the `glimpse` command."""

import sys

from detectors.environment import set_environment_defaults


def main() -> int:
    """Settle the environment, then hand over to the command line, which imports numpy and ONNX Runtime."""
    set_environment_defaults()
    try:
        from glimpse.command.app import main

        return main()
    except KeyboardInterrupt:  # while importing, before anything has begun
        return 130


if __name__ == "__main__":
    sys.exit(main())
