"""Hardware and mappings chosen together: the accelerator on which a network costs least, with proof.

`work` says what a network needs, `bounds` what it costs at least on an accelerator, `choose` picks mappings
for all layers at once, `search` looks at as few accelerators as the proof allows, `answer` is what comes out.
"""
