"""ONNX export, quantisation and model cards."""
