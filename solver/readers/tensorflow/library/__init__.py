"""What the functions and objects of TensorFlow, Keras, slim, numpy and the standard library mean.

A function is a row of the table of `registry`: its names, its parameters and what it makes of a `call.Call`.
"""
