"""Cameras spread over several machines: Ray starts and watches workers, and a supervisor says who runs which camera."""
