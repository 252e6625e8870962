"""The same network with the functional interface and helper functions."""
from tensorflow import keras as K

L = K.layers


def block(x, n, filters, index):
    for j in range(1, n + 1):
        x = L.Conv2D(filters, kernel_size=(3, 3), padding="same", name="conv%d_%d" % (index, j))(x)
        x = L.Activation("relu")(x)
    return L.MaxPool2D(pool_size=2, name="pool%d" % index)(x)


inputs = K.Input(shape=(224, 224, 3), name="image")
x = inputs
for index, (n, filters) in enumerate(zip([2, 2, 3, 3, 3], [64, 128, 256, 512, 512]), start=1):
    x = block(x, n, filters, index)
x = L.Flatten()(x)
x = L.Dense(4096, "relu", name="fc6")(x)
x = L.Dense(4096, "relu", name="fc7")(x)
outputs = L.Dense(1000, name="fc8")(x)
model = K.Model(inputs=inputs, outputs=outputs)
