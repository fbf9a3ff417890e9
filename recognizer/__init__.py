"""Face recognition: chips, embeddings, the gallery, evidence and decisions."""

from detectors.environment import set_environment_defaults

set_environment_defaults()  # here, because `python -m recognizer.gallery` imports numpy before its own first line
