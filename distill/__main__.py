"""Entry point of `python -m distill`; without PyTorch it says what to install."""

import importlib.util
import sys

MISSING = [name for name in ("torch", "torchvision") if importlib.util.find_spec(name) is None]


def main() -> int:
    """Run the command line."""
    if MISSING:
        sys.stderr.write(f"training needs {' and '.join(MISSING)}: pip install torch torchvision\n")
        return 2
    from distill import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
