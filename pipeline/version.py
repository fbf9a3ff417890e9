"""The version, written once: packaging, `--version` and the events read it here."""

VERSION = "0.5.0"
