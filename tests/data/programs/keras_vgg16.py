"""The same network with Keras' sequential model."""
import tensorflow as tf
from tensorflow.keras import layers, models

cfg = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


def build(cfg, num_classes=1000):
    model = models.Sequential(name="vgg16")
    model.add(layers.InputLayer(input_shape=(224, 224, 3)))
    block = number = 1
    for item in cfg:
        if item == "M":
            model.add(layers.MaxPooling2D((2, 2), strides=(2, 2), name=f"pool{block}"))
            block, number = block + 1, 1
        else:
            model.add(layers.Conv2D(item, 3, padding="same", activation="relu", name=f"conv{block}_{number}"))
            number += 1
    model.add(layers.Flatten())
    for index in (6, 7):
        model.add(layers.Dense(4096, activation="relu", name="fc{}".format(index)))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(num_classes, activation="softmax", name="fc8"))
    return model


model = build(cfg)
model.compile(optimizer=tf.keras.optimizers.SGD(0.01), loss="categorical_crossentropy", metrics=["accuracy"])
model.summary()
