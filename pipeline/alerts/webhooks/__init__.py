"""Sends alerts over HTTP: signed, in the shape that each service expects."""
