"""How errors and warnings say that packages of an extra are missing: one form, below all packages."""

PAGE = "docs/install.md"


def install_extra(extra: str) -> str:
    """The command that brings an extra of pyproject.toml, for the end of a sentence.

    Nothing is published on a package index, so a command by the name of the distribution could bring what others put
    there. The page has the commands for release files, pipx and uv.
    """
    return f"pip install '.[{extra}]' in a clone, or see {PAGE}"
