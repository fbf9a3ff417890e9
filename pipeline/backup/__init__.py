"""Copies everything that a site keeps while it is running, and puts it back."""
