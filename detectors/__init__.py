"""Face detectors behind one Protocol: image in, boxes, scores and landmarks out."""
