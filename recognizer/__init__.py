"""Face recognition: chips, embeddings, the gallery, evidence and decisions."""

from detectors.environment import settle

settle()  # here, because `python -m recognizer.gallery` imports numpy before its own first line
