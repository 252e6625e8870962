"""An encoder block of BERT's size, written as a Keras layer of its own."""
import tensorflow as tf
from tensorflow.keras import layers


class TransformerBlock(layers.Layer):
    def __init__(self, embed_dim, num_heads, ff_dim, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.att = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim // num_heads)
        self.ffn = tf.keras.Sequential([layers.Dense(ff_dim, activation="gelu"), layers.Dense(embed_dim)])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-6)
        self.dropout1 = layers.Dropout(rate)
        self.dropout2 = layers.Dropout(rate)

    def call(self, inputs, training=None):
        attn_output = self.att(inputs, inputs)
        attn_output = self.dropout1(attn_output, training=training)
        out1 = self.layernorm1(inputs + attn_output)
        ffn_output = self.dropout2(self.ffn(out1), training=training)
        return self.layernorm2(out1 + ffn_output)


class Embeddings(layers.Layer):
    def __init__(self, length, vocabulary, width):
        super(Embeddings, self).__init__()
        self.tokens = layers.Embedding(input_dim=vocabulary, output_dim=width)
        self.positions = layers.Embedding(input_dim=length, output_dim=width)

    def call(self, x):
        length = tf.shape(x)[-1]
        positions = self.positions(tf.range(start=0, limit=length, delta=1))
        return self.tokens(x) + positions


tokens = layers.Input(shape=(128,), dtype="int32")
x = Embeddings(512, 30522, 768)(tokens)
for _ in range(12):
    x = TransformerBlock(768, 12, 3072)(x)
x = layers.GlobalAveragePooling1D()(x)
model = tf.keras.Model(inputs=tokens, outputs=layers.Dense(2, activation="softmax")(x))
