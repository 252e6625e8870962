"""Two GRU directions over a sequence whose length the program leaves open."""
import tensorflow as tf

tokens = tf.placeholder(tf.int32, shape=(None, None), name="tokens")
lengths = tf.placeholder(tf.int32, shape=[None], name="lengths")
table = tf.get_variable("table", [30000, 300])
words = tf.nn.embedding_lookup(table, tokens)
forward = tf.contrib.rnn.GRUCell(256)
backward = tf.contrib.rnn.GRUCell(256)
(out_fw, out_bw), _ = tf.nn.bidirectional_dynamic_rnn(
    forward, backward, words, sequence_length=lengths, dtype=tf.float32
)
features = tf.concat([out_fw, out_bw], axis=-1)
logits = tf.layers.dense(features, 9, name="tags")
