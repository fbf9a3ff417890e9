"""Consumers of events and frames inside the process: files, log, progress, report, video, window."""
