"""Face detectors behind one Protocol: image in, boxes, scores and landmarks out."""

from detectors.environment import settle

settle()  # here, before any module of the package imports numpy or ONNX Runtime
