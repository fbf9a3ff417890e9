"""Resumes an interrupted recording from cached detections and embeddings."""
