"""What the switches of the real hardware do: tree, virtual-neuron fit, placement, configuration."""
