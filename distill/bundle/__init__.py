"""Carries a training to another machine without network, and its results back."""
