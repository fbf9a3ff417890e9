"""Verification and identification metrics, tables and plots."""
