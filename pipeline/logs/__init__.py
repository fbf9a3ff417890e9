"""The log of a process: lines for people or for programs, on standard error and in a file."""
