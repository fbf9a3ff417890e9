"""Takes up a changed configuration while cameras are watched."""
