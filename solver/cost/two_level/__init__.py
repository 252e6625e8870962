"""What a mapping costs with a prefetch buffer and DRAM behind the array.

`tiling` says what a buffer tile is and which are legal, `array` times and counts the array's work on all
buffer tiles, `dram` counts the words that cross the chip's edge, `cost` puts them together.
"""
