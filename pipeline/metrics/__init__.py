"""Figures of a node for Prometheus, and whether it works: a client of the bus."""
