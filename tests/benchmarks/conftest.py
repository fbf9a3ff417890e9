"""Benchmarks use what the extra dev brings: torch, matplotlib, and the library of trackers to compare with."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") and find_spec("trackers") else ["*"]  # tests/conftest.py says so
