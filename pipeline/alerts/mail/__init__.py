"""Sends alerts as mail: one each, or several together where there are many."""
