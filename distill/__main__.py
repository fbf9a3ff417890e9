"""Entry point of `python -m distill`."""

import sys

from distill.cli import main

if __name__ == "__main__":
    sys.exit(main())
