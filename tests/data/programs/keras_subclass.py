"""A model class with build-free layers, called once to be built."""
import tensorflow as tf


class ConvBlock(tf.keras.layers.Layer):
    def __init__(self, filters, kernel_size=3, strides=1):
        super().__init__()
        self.conv = tf.keras.layers.Conv2D(filters, kernel_size, strides, padding="same", use_bias=False)
        self.bn = tf.keras.layers.BatchNormalization()
        self.activation = tf.keras.layers.ReLU()

    def call(self, x, training=False):
        return self.activation(self.bn(self.conv(x), training=training))


class Linear(tf.keras.layers.Layer):
    def __init__(self, units):
        super(Linear, self).__init__()
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1], self.units), initializer="random_normal")
        self.b = self.add_weight(name="b", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        return tf.matmul(inputs, self.w) + self.b


class Net(tf.keras.Model):
    def __init__(self, widths=(32, 64, 128), classes=10):
        super().__init__(name="net")
        self.blocks = [ConvBlock(w, strides=1 if i == 0 else 2) for i, w in enumerate(widths)]
        self.pool = tf.keras.layers.GlobalAveragePooling2D()
        self.classifier = Linear(classes)

    @tf.function
    def call(self, x, training=False):
        for block in self.blocks:
            x = block(x, training=training)
        return self.classifier(self.pool(x))


model = Net()
model.build(input_shape=(None, 32, 32, 3))
model.summary()
