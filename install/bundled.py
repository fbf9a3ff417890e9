"""Shared libraries of other projects that lie in the wheels installed here, with the licences of those projects.

Tools that repair wheels for Linux put such libraries into a folder PACKAGE.libs beside the package and add a hash to
their names. Neither metadata nor the libraries say what licences they have, so LICENCES says what their projects state.
"""

import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from configs.markdown import table

LICENCES = {
    "asound": "LGPL-2.1-or-later",
    "crypto": "OpenSSL",
    "gfortran": "GPL-3.0-or-later with the GCC Runtime Library Exception",
    "gmp": "LGPL-3.0-or-later or GPL-2.0-or-later",
    "gnutls": "LGPL-2.1-or-later",
    "hogweed": "LGPL-3.0-or-later or GPL-2.0-or-later",
    "mp3lame": "LGPL-2.0-or-later",
    "nettle": "LGPL-3.0-or-later or GPL-2.0-or-later",
    "quadmath": "LGPL-2.1-or-later",
    "sodium": "ISC",
    "ssl": "OpenSSL",
    "unistring": "LGPL-3.0-or-later or GPL-2.0-or-later",
    "x264": "GPL-2.0-or-later",
    "x265": "GPL-2.0-or-later",
    "zmq": "MPL-2.0",
}
NAME = re.compile(r"^lib(?P<name>.+?)(?:[-.][0-9a-f]{8})*(?:\.[\d.]+)?\.so")
TEXT = (
    "Wheels for Linux hold these shared libraries too. Licences are those that their projects state, as far as"
    " `install/bundled.py` names them. **What is under the GPL matters to whoever hands on an image or a machine"
    " with that package in it** ([docs/licences.md](docs/licences.md))."
)


def describe_bundled(folder: Path | None = None) -> str:
    """A table of these libraries by package, Markdown. folder: where packages lie; None: those of this Python."""
    return f"{TEXT}\n\n{table(['package', 'library', 'licence of its project'], list(_rows(folder or _installed())))}"


def _installed() -> Path:
    return Path(sysconfig.get_paths()["platlib"])


def _rows(folder: Path) -> Iterator[list[str]]:
    for libraries in sorted(folder.glob("*.libs")):
        package = libraries.stem.replace("_", "-")
        names = sorted({match["name"] for path in libraries.iterdir() if (match := NAME.match(path.name))})
        for name in names:
            if name in LICENCES:
                yield [package, name, LICENCES[name]]
        others = [name for name in names if name not in LICENCES]
        if others:
            yield [package, ", ".join(others), "not looked up"]
