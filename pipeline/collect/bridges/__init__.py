"""Passes the one stream on to other systems, each entry exactly once."""
