"""Stores in PostgreSQL: what history and gallery share of it. Psycopg is imported when one is opened."""
