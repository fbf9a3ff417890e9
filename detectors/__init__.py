"""Face detectors behind one Protocol: image in, boxes, scores and landmarks out."""

from detectors.environment import set_environment_defaults

set_environment_defaults()  # here, before any module of the package imports numpy or ONNX Runtime
