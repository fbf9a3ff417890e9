"""Tells others: rules that raise alerts, and what passes alerts on."""
