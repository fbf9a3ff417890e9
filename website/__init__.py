"""The documentation site: docs/ as it stands, and the files of the repository that its pages link to."""
