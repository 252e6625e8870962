"""Models that the corpus builds: exported by torch, Keras and transformers, optimised by onnxruntime."""

GROUPS = {}
