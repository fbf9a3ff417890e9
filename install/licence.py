"""What a package says about its licence: its installed metadata, or the package index where it is not installed.

Fields: https://packaging.python.org/en/latest/specifications/core-metadata/
"""

from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from install.index import newest_release

CLASSIFIER = "License :: "
APPROVED = "License :: OSI Approved"  # which names none
HOMES = ("homepage", "home", "source", "source code", "code", "repository", "github")  # labels, the best first
LONGEST = 60
TEXTS = ("licen", "copying", "notice")
NOT_SAID = "not said"


@dataclass(frozen=True, slots=True)
class Licence:
    """One package. text: whether the package holds the text of its licence: `yes`, `no` or `not seen`."""

    name: str
    version: str
    expression: str
    text: str
    homepage: str


def find_licence(name: str) -> Licence:
    """What the package says. Raises OSError where it is not installed and the index does not answer."""
    try:
        return of_installed(distribution(name))
    except PackageNotFoundError:
        return of_release(newest_release(name))


def of_installed(found: Distribution) -> Licence:
    """What the metadata of an installed package says."""
    data: dict[str, Any] = found.metadata.json
    return Licence(
        name=found.name,
        version=found.version,
        expression=choose(data.get("license_expression"), data.get("license"), data.get("classifier", [])),
        text="yes" if has_text(found) else "no",
        homepage=homepage(data.get("home_page"), _urls(data.get("project_url", []))),
    )


def of_release(info: dict[str, Any]) -> Licence:
    """What the package index says of a release: `info` of https://docs.pypi.org/api/json/."""
    return Licence(
        name=info["name"],
        version=info["version"],
        expression=choose(info.get("license_expression"), info.get("license"), info.get("classifiers") or []),
        text="not seen",
        homepage=homepage(info.get("home_page"), info.get("project_urls") or {}),
    )


def choose(expression: str | None, licence: str | None, classifiers: list[str]) -> str:
    """The SPDX expression where there is one, else a short `License`, else the classifiers, else `not said`."""
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith(CLASSIFIER) and one != APPROVED]
    short = licence.strip() if licence and len(licence.strip()) <= LONGEST and "\n" not in licence.strip() else ""
    short = "" if short.upper() in ("UNKNOWN", "DUAL LICENSE") else short
    return expression or short or "; ".join(named) or NOT_SAID


def has_text(found: Distribution) -> bool:
    """Whether one of the package's own files is the text of a licence."""
    names = (file.name.lower() for file in found.files or () if ".dist-info" in str(file) or len(file.parts) <= 2)
    return any(part in name for name in names for part in TEXTS if not name.endswith((".py", ".pyc")))


def homepage(page: str | None, urls: dict[str, str]) -> str:
    """The homepage where it is given, else the address of the source, else the first."""
    if page and page != "UNKNOWN":
        return page
    lower = {label.lower(): url for label, url in urls.items()}
    wanted = (lower.get(label) for label in HOMES)
    return next((url for url in wanted if url), next(iter(urls.values()), NOT_SAID))


def _urls(entries: list[str]) -> dict[str, str]:
    """`Label, URL` of each entry."""
    return {label.strip(): url.strip() for label, _, url in (entry.partition(",") for entry in entries)}
