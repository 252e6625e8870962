"""An autoencoder with transposed convolutions and upsampling."""
import tensorflow as tf
from tensorflow.keras import layers

encoder = tf.keras.Sequential(
    [
        layers.Input(shape=(28, 28, 1)),
        layers.Conv2D(16, (3, 3), activation="relu", padding="same", strides=2, name="e1"),
        layers.Conv2D(8, (3, 3), activation="relu", padding="same", strides=2, name="e2"),
    ],
    name="encoder",
)
decoder = tf.keras.Sequential(
    [
        layers.Conv2DTranspose(8, kernel_size=3, strides=2, activation="relu", padding="same", name="d1"),
        layers.Conv2DTranspose(16, kernel_size=3, strides=2, activation="relu", padding="same", name="d2"),
        layers.Conv2D(1, kernel_size=(3, 3), activation="sigmoid", padding="same", name="image"),
    ]
)
image = layers.Input(shape=(28, 28, 1))
model = tf.keras.Model(image, decoder(encoder(image)))
