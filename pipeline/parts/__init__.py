"""The parts of a run, made from its settings; pipeline/build.py puts them together."""
