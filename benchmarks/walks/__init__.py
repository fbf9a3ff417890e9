"""Enrolled people and strangers walk up to a camera: who is named, right or wrong, when and at what face height."""
