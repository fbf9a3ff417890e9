"""A clip and a camera for every test of films."""

from tests.synthetic.films import camera, clip

__all__ = ["camera", "clip"]
