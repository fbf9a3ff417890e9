"""Settings: YAML files, their JSON Schema, and the reader that turns them into typed structs."""
