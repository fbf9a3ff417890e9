"""Signed statements of what was erased or handed over, which anybody with the public key can check."""
