"""Verification, identification, tables and plots."""
