"""Attention across two sequences, the values of another width than the keys."""
import tensorflow as tf

query = tf.keras.Input((12, 96))
memory = tf.keras.Input((30, 64))
x = tf.keras.layers.MultiHeadAttention(num_heads=4, key_dim=16, value_dim=24, name="cross")(query, memory)
x = tf.keras.layers.MultiHeadAttention(4, 24, name="plain")(query=x, value=memory)
model = tf.keras.Model([query, memory], x)
