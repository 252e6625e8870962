"""Two models and the loop that trains them on data that is not here."""
import tensorflow as tf
from tensorflow.keras import layers

BATCH, NOISE = 64, 100


def make_generator():
    model = tf.keras.Sequential(name="generator")
    model.add(layers.Dense(7 * 7 * 64, use_bias=False, input_shape=(NOISE,), name="g1"))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Reshape((7, 7, 64)))
    assert model.output_shape[1:] == (7, 7, 64)
    model.add(layers.Conv2DTranspose(32, (5, 5), strides=(2, 2), padding="same", use_bias=False, name="g2"))
    model.add(layers.Conv2DTranspose(1, 5, 2, padding="same", activation="tanh", name="g3"))
    return model


def make_discriminator():
    return tf.keras.Sequential([
        layers.Conv2D(64, (5, 5), strides=(2, 2), padding="same", input_shape=[28, 28, 1], name="d1"),
        layers.LeakyReLU(),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(1, name="d2"),
    ])


generator, discriminator = make_generator(), make_discriminator()
optimizers = [tf.keras.optimizers.Adam(1e-4) for _ in range(2)]


@tf.function
def train_step(images):
    noise = tf.random.normal([BATCH, NOISE])
    with tf.GradientTape() as g, tf.GradientTape() as d:
        generated = generator(noise, training=True)
        real, fake = discriminator(images, training=True), discriminator(generated, training=True)
        loss = tf.reduce_mean(fake) - tf.reduce_mean(real)
    optimizers[0].apply_gradients(zip(g.gradient(loss, generator.trainable_variables), generator.trainable_variables))


dataset = tf.data.Dataset.list_files("images/*.png").shuffle(1000).batch(BATCH)
for epoch in range(50):
    for batch in dataset:
        train_step(batch)
