"""Tests students, teachers and the adaptation on LFW."""
