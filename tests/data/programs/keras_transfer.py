"""Transfer learning: a network of tf.keras.applications without its top, frozen, under layers of the program."""
import tensorflow as tf
from tensorflow.keras import layers
from tensorflow.keras.applications.mobilenet_v2 import MobileNetV2, preprocess_input

IMAGE = (160, 160)
base = MobileNetV2(input_shape=IMAGE + (3,), include_top=False, weights="imagenet")
base.trainable = False
for layer in base.layers[:100]:
    layer.trainable = False

inputs = tf.keras.Input(shape=(160, 160, 3))
x = layers.RandomFlip("horizontal")(inputs)
x = preprocess_input(x)
x = base(x, training=False)
x = layers.GlobalAveragePooling2D()(x)
x = layers.Dropout(0.2)(x)
model = tf.keras.Model(inputs, layers.Dense(1)(x))
model.compile(optimizer=tf.keras.optimizers.Adam(1e-4), loss="binary_crossentropy", metrics=["accuracy"])

train = tf.keras.utils.image_dataset_from_directory("train", batch_size=32, image_size=IMAGE)
for epoch in range(10):
    model.fit(train, epochs=1)
    for image, label in train.take(1):
        print(model(image), base.layers[-1].output)
