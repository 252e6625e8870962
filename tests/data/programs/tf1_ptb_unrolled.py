"""A word model: embedding, two LSTM layers unrolled by hand, projection to the vocabulary."""
import tensorflow as tf

flags = tf.app.flags
flags.DEFINE_string("model", "small", "A type of model.")
flags.DEFINE_integer("batch", 20, "Sentences at once.")
FLAGS = flags.FLAGS


class SmallConfig(object):
    num_layers = 2
    num_steps = 20
    hidden_size = 200
    keep_prob = 1.0
    vocab_size = 10000


class MediumConfig(SmallConfig):
    num_steps = 35
    hidden_size = 650


class PTBModel(object):
    def __init__(self, is_training, config):
        self._config = config
        self.batch_size = FLAGS.batch
        size = config.hidden_size
        self._input = tf.placeholder(tf.int32, [self.batch_size, config.num_steps])
        with tf.device("/cpu:0"):
            embedding = tf.get_variable("embedding", [config.vocab_size, size], dtype=tf.float32)
            inputs = tf.nn.embedding_lookup(embedding, self._input)
        if is_training and config.keep_prob < 1:
            inputs = tf.nn.dropout(inputs, config.keep_prob)
        output = self._build_rnn_graph(inputs, config, is_training)
        softmax_w = tf.get_variable("softmax_w", [size, config.vocab_size])
        softmax_b = tf.get_variable("softmax_b", [config.vocab_size])
        self.logits = tf.nn.xw_plus_b(output, softmax_w, softmax_b)

    def _make_cell(self, config):
        return tf.nn.rnn_cell.BasicLSTMCell(config.hidden_size, forget_bias=0.0, state_is_tuple=True)

    def _build_rnn_graph(self, inputs, config, is_training):
        def make_cell():
            cell = self._make_cell(config)
            if is_training and config.keep_prob < 1:
                cell = tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=config.keep_prob)
            return cell

        cell = tf.nn.rnn_cell.MultiRNNCell([make_cell() for _ in range(config.num_layers)], state_is_tuple=True)
        self._initial_state = cell.zero_state(self.batch_size, tf.float32)
        state = self._initial_state
        outputs = []
        with tf.variable_scope("RNN"):
            for time_step in range(config.num_steps):
                if time_step > 0:
                    tf.get_variable_scope().reuse_variables()
                (cell_output, state) = cell(inputs[:, time_step, :], state)
                outputs.append(cell_output)
        output = tf.reshape(tf.concat(outputs, 1), [-1, config.hidden_size])
        return output


def get_config():
    if FLAGS.model == "small":
        return SmallConfig()
    elif FLAGS.model == "medium":
        return MediumConfig()
    raise ValueError("Invalid model: %s" % FLAGS.model)


def main(_):
    config = get_config()
    with tf.Graph().as_default():
        with tf.name_scope("Train"):
            with tf.variable_scope("Model", reuse=None):
                m = PTBModel(is_training=True, config=config)


if __name__ == "__main__":
    tf.app.run()
