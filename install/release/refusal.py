"""Why a release is not made."""


class ReleaseError(Exception):
    """One sentence: the thing, its value, and what was expected."""
