"""The report of a run: a self-contained page that explains every decision, a table, and a crop of each face."""
