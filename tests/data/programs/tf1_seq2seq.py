"""An encoder and a decoder of LSTM cells with dynamic_rnn, and a projection of every step."""
import numpy as np
import tensorflow as tf

PAD, EOS = 0, 1
vocab_size = 1000
input_embedding_size = 64
encoder_hidden_units = 128
decoder_hidden_units = encoder_hidden_units * 2
num_layers = 2

encoder_inputs = tf.placeholder(shape=(16, 25), dtype=tf.int32, name="encoder_inputs")
decoder_inputs = tf.placeholder(shape=(16, 30), dtype=tf.int32, name="decoder_inputs")
embeddings = tf.Variable(tf.random_uniform([vocab_size, input_embedding_size], -1.0, 1.0), dtype=tf.float32)
encoder_inputs_embedded = tf.nn.embedding_lookup(embeddings, encoder_inputs)
decoder_inputs_embedded = tf.nn.embedding_lookup(embeddings, decoder_inputs)


def make_cell(units, keep_prob=1.0):
    cell = tf.nn.rnn_cell.LSTMCell(units, state_is_tuple=True)
    return tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=keep_prob)


with tf.variable_scope("encoder"):
    forward, backward = make_cell(encoder_hidden_units), make_cell(encoder_hidden_units)
    ((fw_outputs, bw_outputs), (fw_final_state, bw_final_state)) = tf.nn.bidirectional_dynamic_rnn(
        cell_fw=forward, cell_bw=backward, inputs=encoder_inputs_embedded, dtype=tf.float32)
    encoder_outputs = tf.concat((fw_outputs, bw_outputs), 2)
    final_c = tf.concat((fw_final_state.c, bw_final_state.c), 1)
    final_h = tf.concat((fw_final_state.h, bw_final_state.h), 1)
    encoder_final_state = tf.nn.rnn_cell.LSTMStateTuple(c=final_c, h=final_h)

with tf.variable_scope("decoder"):
    decoder_cell = tf.nn.rnn_cell.MultiRNNCell([make_cell(decoder_hidden_units) for _ in range(num_layers)])
    state = (encoder_final_state,) + tuple(
        tf.nn.rnn_cell.LSTMStateTuple(tf.zeros_like(final_c), tf.zeros_like(final_h)) for _ in range(num_layers - 1))
    decoder_outputs, decoder_state = tf.nn.dynamic_rnn(
        decoder_cell, decoder_inputs_embedded, initial_state=state, dtype=tf.float32, time_major=False)
    decoder_logits = tf.contrib.layers.linear(decoder_outputs, vocab_size)
    decoder_prediction = tf.argmax(decoder_logits, 2)
