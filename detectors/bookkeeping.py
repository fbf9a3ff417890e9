"""Files and folders that systems put between a person's own: neither people nor cameras."""

FOLDERS = frozenset(
    {"@eadir", "__macosx", "#recycle", "@recycle", "#snapshot", "$recycle.bin", "system volume information"}
    | {"lost+found", "thumbnails", "thumbs"}
)
FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})


def is_bookkeeping(name: str) -> bool:
    """Whether a file or folder of this name is hidden, a thumbnail or a system's own record."""
    return name.startswith(".") or name.lower() in FOLDERS | FILES


def describe_bookkeeping(names: list[str]) -> str:
    """One line for all that was left out."""
    shown = ", ".join(sorted(set(names))[:5])
    more = ", ..." if len(set(names)) > 5 else ""
    return f"{len(names)} hidden or system {'entry' if len(names) == 1 else 'entries'} left out ({shown}{more})"
