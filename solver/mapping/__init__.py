"""What a mapping is: tiles, buffer tiles, loop orders, and the loop nest as people read it."""
