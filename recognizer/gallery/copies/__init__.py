"""Copies of a gallery in PostgreSQL that nodes keep in memory: how they follow, and what tells that they did."""
