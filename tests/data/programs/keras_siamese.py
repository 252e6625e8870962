"""A model used twice on two inputs, and joined."""
import tensorflow as tf
from tensorflow.keras import Input, Model, layers

inner = Input((16, 16, 4))
x = layers.Conv2D(8, 3, name="shared")(inner)
x = layers.Flatten()(x)
tower = Model(inner, x, name="tower")
left, right = Input((16, 16, 4), name="left"), Input((16, 16, 4), name="right")
joined = layers.concatenate([tower(left), tower(right)])
model = Model([left, right], layers.Dense(1, name="same")(joined))
