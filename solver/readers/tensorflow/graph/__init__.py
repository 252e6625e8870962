"""What becomes of a program: its layers, tensors with their sizes, and the operations to run models again."""
