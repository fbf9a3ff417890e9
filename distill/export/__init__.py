"""From a trained student to ONNX files and a model card."""
