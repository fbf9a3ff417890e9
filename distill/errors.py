"""The error that a user can correct; the command line prints it without a traceback."""


class DistillError(ValueError):
    """A setting or file is wrong. The message names it, what was found and what was expected (exit code 2)."""
