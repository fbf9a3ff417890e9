"""Entry point of `python -m distill`."""

import importlib.util
import sys

MISSING = [name for name in ("torch", "torchvision") if importlib.util.find_spec(name) is None]

if __name__ == "__main__":
    if MISSING:
        sys.stderr.write(f"training needs {' and '.join(MISSING)}: pip install torch torchvision\n")
        sys.exit(2)
    from distill.cli import main

    sys.exit(main())
