"""Training faces: collect, align, mix and degrade them."""
