"""The one error a person can mend by editing a file or a path; the command line shows it without a traceback."""


class DistillError(ValueError):
    """Names the setting or file, what was there and what was expected (exit code 2)."""
