"""A subclassed network that only loops over data sets call: training steps, then a test after every epoch."""
import os

import numpy as np
import tensorflow as tf
from tensorflow.keras import Model, layers

if "COLAB_GPU" in os.environ:
    print("running on Colab")

training_steps, batch_size, display_step = 200, 128, 10
(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train, x_test = np.array(x_train, np.float32), np.array(x_test, np.float32)
x_train, x_test = x_train / 255.0, x_test / 255.0
train_data = tf.data.Dataset.from_tensor_slices((x_train, y_train))
train_data = train_data.repeat().shuffle(5000).batch(batch_size).prefetch(1)
test_data = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(batch_size)


class ConvNet(Model):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.conv1 = layers.Conv2D(32, kernel_size=5, activation=tf.nn.relu)
        self.pool1 = layers.MaxPool2D(2, strides=2)
        self.conv2 = layers.Conv2D(64, kernel_size=3, activation=tf.nn.relu)
        self.pool2 = layers.MaxPool2D(2, strides=2)
        self.flatten = layers.Flatten()
        self.fc1 = layers.Dense(1024)
        self.out = layers.Dense(10)

    def call(self, x, is_training=False):
        x = tf.reshape(x, [-1, 28, 28, 1])
        x = self.pool1(self.conv1(x))
        x = self.pool2(self.conv2(x))
        x = self.out(self.fc1(self.flatten(x)))
        if not is_training:
            x = tf.nn.softmax(x)
        return x


conv_net = ConvNet()
optimizer = tf.optimizers.Adam(0.001)


def loss_of(logits, labels):
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.cast(labels, tf.int64), logits=logits)
    return tf.reduce_mean(losses)


def run_optimization(x, y):
    with tf.GradientTape() as g:
        pred = conv_net(x, is_training=True)
        loss = loss_of(pred, y)
    variables = conv_net.trainable_variables
    optimizer.apply_gradients(zip(g.gradient(loss, variables), variables))


for step, (batch_x, batch_y) in enumerate(train_data.take(training_steps), 1):
    run_optimization(batch_x, batch_y)
    if step % display_step == 0:
        pred = conv_net(batch_x)
        print("step: %i, loss: %f" % (step, loss_of(pred, batch_y)))
for image, label in test_data:
    print(conv_net(image))
