"""The questions that can be asked: a module for each, or a room where one is not enough."""
