"""The `glimpse` command: a module for each of its commands."""
