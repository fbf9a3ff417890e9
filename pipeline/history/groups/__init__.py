"""Unknown people: puts tracks of strangers together, as they come and again at night; merges, splits and takes back."""
