"""A U-Net: skips joined by concatenation, built in loops over a list."""
from tensorflow.keras import Input, Model
from tensorflow.keras.layers import Concatenate, Conv2D, Conv2DTranspose, MaxPooling2D, UpSampling2D, concatenate


def double(x, filters):
    for _ in range(2):
        x = Conv2D(filters, 3, activation="relu", padding="same")(x)
    return x


image = Input((64, 64, 3))
skips, x = [], image
for filters in [16, 32, 64]:
    x = double(x, filters)
    skips.append(x)
    x = MaxPooling2D()(x)
x = double(x, 128)
for depth, (filters, skip) in enumerate(zip([64, 32, 16], reversed(skips))):
    if depth == 2:
        x = UpSampling2D(size=2)(x)
        x = concatenate([x, skip], axis=3)
    else:
        x = Conv2DTranspose(filters, 2, strides=2, padding="same")(x)
        x = Concatenate()([x, skip])
    x = double(x, filters)
model = Model(image, Conv2D(1, 1, activation="sigmoid", name="mask")(x))
