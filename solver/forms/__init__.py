"""Forms: other loop nests that compute the same layer.

The array does not know how a layer was written. A convolution is also its own mirror image, a matrix product,
or a convolution of stride 1 over more channels; each is a loop nest of its own with its own best mapping. A
`Form` is the loop nest as it was written, and the steps that lead to another one (one kind of step a file);
`forms_of` lists them all. Steps say what becomes of the operands, so that a form can be executed and its
outputs be compared in the layer's own layout.
"""
