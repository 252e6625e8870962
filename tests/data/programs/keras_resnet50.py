"""ResNet-50 (version 1.5) with Keras: functions of blocks, shortcuts, global pooling."""
import tensorflow as tf
from tensorflow.keras.layers import (
    Activation, Add, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Input, MaxPooling2D, ZeroPadding2D,
)
from tensorflow.keras.models import Model


def conv_bn(x, filters, kernel, strides=1, activation=True, name=None, padding="valid"):
    x = Conv2D(filters, kernel, strides=strides, padding=padding, use_bias=False, name=f"{name}_conv")(x)
    x = BatchNormalization(epsilon=1.001e-5, name=f"{name}_bn")(x)
    return Activation("relu", name=f"{name}_relu")(x) if activation else x


def bottleneck(x, filters, stride=1, project=False, name=None):
    shortcut = x
    if project:
        shortcut = conv_bn(x, 4 * filters, 1, strides=stride, activation=False, name=name + "_0")
    x = conv_bn(x, filters, 1, name=name + "_1")
    if stride > 1:
        x = ZeroPadding2D(((1, 1), (1, 1)))(x)
    x = conv_bn(x, filters, 3, strides=stride, name=name + "_2", padding="valid" if stride > 1 else "same")
    x = conv_bn(x, 4 * filters, 1, activation=False, name=name + "_3")
    x = Add(name=name + "_add")([shortcut, x])
    return Activation("relu")(x)


def resnet(depths, input_shape=(224, 224, 3), classes=1000):
    image = Input(shape=input_shape)
    x = ZeroPadding2D(padding=3)(image)
    x = conv_bn(x, 64, 7, strides=2, name="conv1")
    x = ZeroPadding2D(1)(x)
    x = MaxPooling2D(3, strides=2)(x)
    for stage, depth in enumerate(depths):
        for unit in range(depth):
            stride = 2 if unit == 0 and stage > 0 else 1
            x = bottleneck(x, 64 * 2**stage, stride, project=unit == 0, name=f"s{stage + 2}_b{unit + 1}")
    x = GlobalAveragePooling2D(name="avg_pool")(x)
    return Model(image, Dense(classes, activation="softmax", name="predictions")(x))


if __name__ == "__main__":
    model = resnet([3, 4, 6, 3])
    model.compile("sgd", "categorical_crossentropy")
    print(model.count_params())
