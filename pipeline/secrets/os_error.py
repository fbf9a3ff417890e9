"""Says what the system refused, as a sentence that begins with the file and says what was expected."""

import errno
import os
from pathlib import Path


def describe_os_error(error: OSError) -> str:
    """An error of a file or folder as a sentence; one that is not of the system as it is."""
    if not error.strerror or not isinstance(error.filename, str | bytes | os.PathLike):
        return str(error)
    path = Path(os.fsdecode(error.filename))
    return f"{path}: {_explain(path, error)}"


def _explain(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOENT and not path.parent.is_dir():
        return f"the folder {path.parent} does not exist"
    if error.errno == errno.ENOTDIR:
        return "a part of this path is a file, expected a folder"
    return _SENTENCES.get(error.errno or 0) or f"{error.strerror}"


_SENTENCES = {
    errno.ENOENT: "no such file or folder",
    errno.EISDIR: "this is a folder, expected a file",
    errno.EEXIST: "this exists already",
    errno.EACCES: "this user may not open it",
    errno.EPERM: "this user may not change it",
    errno.EROFS: "the disk can only be read",
    errno.ENOSPC: "no room is left on the disk",
    errno.EDQUOT: "this user's share of the disk is used up",
    errno.ENAMETOOLONG: "the name is too long",
}
