"""Run Glimpse: `python run_pipeline.py --help`, the same as `glimpse run --help`."""

import sys

from glimpse.__main__ import main

if __name__ == "__main__":
    sys.argv.insert(1, "run")
    sys.exit(main())
