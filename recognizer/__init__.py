"""Face recognition: chips, embeddings, the gallery, evidence and decisions."""
