"""Sentiment with a stack of LSTM cells: zero_state, dynamic_rnn, last output by transpose and gather."""
import tensorflow as tf

batch_size, lstm_units, lstm_layers, num_classes, max_seq_length, num_dimensions = 24, 64, 2, 2, 250, 300


labels = tf.placeholder(tf.float32, [batch_size, num_classes])
input_data = tf.placeholder(tf.int32, [batch_size, max_seq_length])
data = tf.Variable(tf.zeros([batch_size, max_seq_length, num_dimensions]), dtype=tf.float32)
word_vectors = tf.get_variable("word_vectors", [400000, 50])
data = tf.nn.embedding_lookup(word_vectors, input_data)


def lstm_cell():
    cell = tf.contrib.rnn.BasicLSTMCell(lstm_units)
    return tf.contrib.rnn.DropoutWrapper(cell=cell, output_keep_prob=0.75)


stack = tf.contrib.rnn.MultiRNNCell([lstm_cell() for _ in range(lstm_layers)])
initial = stack.zero_state(batch_size, tf.float32)
value, final_state = tf.nn.dynamic_rnn(stack, data, initial_state=initial, dtype=tf.float32)
weight = tf.Variable(tf.truncated_normal([lstm_units, num_classes]))
bias = tf.Variable(tf.constant(0.1, shape=[num_classes]))
value = tf.transpose(value, [1, 0, 2])
last = tf.gather(value, int(value.get_shape()[0]) - 1)
prediction = tf.matmul(last, weight) + bias
correct_pred = tf.equal(tf.argmax(prediction, 1), tf.argmax(labels, 1))
