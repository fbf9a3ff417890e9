"""The one place the version is written: packaging, `--version` and the events read it here."""

VERSION = "0.1.0"
