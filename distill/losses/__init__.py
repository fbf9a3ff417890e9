"""One loss per file. Each takes raw or unit features with their shapes in the docstring and gives a scalar."""
