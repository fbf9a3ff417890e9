"""`python -m distill schema`: writes the files that are made from the types of distill's settings."""

import sys
from pathlib import Path

from configs.schema import json_schema, schema_text, settings_tables
from distill.config import Settings
from distill.detector.config import DetectorSettings

ROOT = Path(__file__).parents[1]
PAGE = """\
# Settings of distill

Made by `python -m distill schema`; do not edit. `key=value` on the command line overrides a setting, with dots between
the keys of sections: `students.s16.loss.relational=1`. Paths are relative to the configuration file. Editors that know
`yaml-language-server` complete the keys.

This page has two parts: [`configs/distill.yaml`](#configsdistillyaml) (recognisers and landmark regressor) and
[`configs/detector.yaml`](#configsdetectoryaml) (detector).
"""


def generated_files() -> dict[str, str]:
    """The text of each generated file, by its path in the repository."""
    distill = json_schema(Settings, "urn:glimpse:distill", "Settings of a distillation")
    detector = json_schema(DetectorSettings, "urn:glimpse:detector", "Settings of a detector's training")
    parts = [
        PAGE,
        "# configs/distill.yaml\n",
        settings_tables(Settings),
        "# configs/detector.yaml\n",
        settings_tables(DetectorSettings),
    ]
    return {
        "configs/distill.schema.json": schema_text(distill),
        "configs/detector.schema.json": schema_text(detector),
        "docs/training/settings.md": "\n".join(parts).rstrip() + "\n",
    }


def main() -> int:
    """Write every generated file and name it; 2 outside a clone."""
    if not (ROOT / "docs").is_dir():
        sys.stderr.write(f"no docs/ in {ROOT}; files are written in a clone, not in an installation\n")
        return 2
    for name, text in generated_files().items():
        (ROOT / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name}\n")
    return 0
