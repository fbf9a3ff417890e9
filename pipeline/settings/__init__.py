"""The configuration: its types, how it is read, and its command-line flags."""
