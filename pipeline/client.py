"""`python -m pipeline.client` and `from pipeline.client import ...`: the client lives in pipeline/bus/client.py."""

from pipeline.bus.client import *  # noqa: F403
