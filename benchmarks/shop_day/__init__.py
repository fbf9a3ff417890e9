"""The day of a shop: twelve hours of visits through tracker, decisions, history, unknown groups and alerts."""
