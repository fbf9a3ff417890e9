"""Real footage with faces labelled in 300 frames: what detectors find there, and which announced tracks are faces."""
