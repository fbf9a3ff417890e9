"""Keeps `python -m pipeline.curve` working."""

from pipeline.bus.curve_keys import main

if __name__ == "__main__":
    raise SystemExit(main())
