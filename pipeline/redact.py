"""Keeps `from pipeline.redact import install_redaction` working."""

from pipeline.secrets.redact import install_redaction, redact

__all__ = ["install_redaction", "redact"]
