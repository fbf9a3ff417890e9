"""Raises alerts by rules: a client of the bus that keeps alerts in SQLite and publishes them."""
