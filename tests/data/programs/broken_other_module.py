"""The network is in another file."""
import tensorflow as tf
from models import resnet

x = tf.keras.Input((224, 224, 3))
y = resnet(x, depth=50)
y = tf.keras.layers.Dense(10)(y)
