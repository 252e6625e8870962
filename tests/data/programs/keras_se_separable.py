"""Separable convolutions with squeeze and excitation: the channel weights multiply the image."""
import tensorflow as tf
from tensorflow.keras import layers as L


def squeeze_excite(x, ratio=4):
    channels = x.shape[-1]
    s = L.GlobalAveragePooling2D()(x)
    s = L.Dense(channels // ratio, activation="relu")(s)
    s = L.Dense(channels, activation="sigmoid")(s)
    s = L.Reshape((1, 1, channels))(s)
    return L.Multiply(name="scale")([x, s])


x = image = tf.keras.Input(shape=(32, 32, 16), batch_size=2)
x = L.SeparableConv2D(32, 3, padding="same", depth_multiplier=2, name="separable")(x)
x = L.DepthwiseConv2D((5, 5), strides=(2, 2), depth_multiplier=1, padding="same", name="deep")(x)
x = squeeze_excite(x)
x = L.Conv2D(64, (3, 3), dilation_rate=(2, 2), name="dilated")(x)
x = L.Conv2D(64, 3, padding="same", name="plain")(x)
x = L.AveragePooling2D(pool_size=(2, 3), strides=(2, 3), padding="same", name="average")(x)
x = L.Lambda(lambda t: tf.reduce_max(t, axis=[1, 2]))(x)
model = tf.keras.Model(image, x)
