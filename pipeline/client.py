"""Keeps `from pipeline.client import Subscriber` working."""

from pipeline.bus.client import ALL, Gap, Item, Position, Subscriber

__all__ = ["ALL", "Gap", "Item", "Position", "Subscriber"]
