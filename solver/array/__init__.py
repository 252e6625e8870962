"""Where the virtual neurons of a tile lie on the array, and how they are summed, on either array."""
