"""`python -m pipeline.curve`: the command lives in pipeline/bus/curve_keys.py."""

from pipeline.bus.curve_keys import *  # noqa: F403
from pipeline.bus.curve_keys import main

if __name__ == "__main__":
    raise SystemExit(main())
