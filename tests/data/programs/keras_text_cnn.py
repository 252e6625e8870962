"""One-dimensional convolutions over text, channels first in one place."""
import tensorflow as tf

L = tf.keras.layers
inputs = tf.keras.Input(shape=(100,), dtype=tf.int32, name="words")
x = L.Embedding(5000, 50)(inputs)
branches = []
for size in 3, 4, 5:
    y = L.Conv1D(filters=32, kernel_size=size, activation="relu", name="conv{}".format(size))(x)
    branches.append(L.GlobalMaxPooling1D()(y))
x = L.Concatenate(axis=-1)(branches)
outputs = L.Dense(2)(x)
image = tf.keras.Input((3, 32, 48))
y = L.Conv2D(8, (3, 5), strides=(1, 2), data_format="channels_first", name="first")(image)
y = L.MaxPool2D(2, data_format="channels_first", name="first_pool")(y)
model = tf.keras.Model([inputs, image], [outputs, y])
