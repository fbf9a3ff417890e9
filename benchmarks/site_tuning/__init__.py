"""`python -m benchmarks.site_tuning`: made sites with cameras of their own, to whose tracks a student is fitted."""
