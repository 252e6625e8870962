"""Programs of Keras 1: the same layers as the programs of today."""

from __future__ import annotations

from pathlib import Path

import pytest

from solver.errors import InputError
from solver.layer import Layer
from solver.readers.dims import Dims
from solver.readers.read import read_model

OLD = """
from keras.models import Model, Sequential
from keras.layers import *
from keras.layers.convolutional import Convolution1D, Convolution2D, MaxPooling1D
from keras import backend as K
x = image = Input(shape=(32, 32, 3))
a = Convolution2D(16, 3, 3, border_mode='same', subsample=(2, 2), init='he_normal', W_regularizer=None)(x)
b = Conv2D(nb_filter=16, nb_row=5, nb_col=3, border_mode='same', subsample=(2, 2), bias=False)(x)
x = merge([a, b], mode='concat', concat_axis=-1)
y = Convolution2D(32, 1, 1, 'glorot_uniform', 'relu', dim_ordering='tf')(x)
x = merge([x, y], mode='sum')
x = AtrousConvolution2D(8, 3, 3, atrous_rate=(2, 2))(x)
x = Deconvolution2D(4, 3, 3, output_shape=(None, 25, 25, 4), subsample=(2, 2))(x)
x = GaussianNoise(sigma=0.1)(Dropout(p=0.5)(Flatten()(x)))
Model(input=image, output=Dense(output_dim=10, init='uniform')(x))
s = text = Input(shape=(50,))
s = Embedding(1000, 32, input_length=50, weights=[None])(s)
s = Convolution1D(nb_filter=64, filter_length=3, border_mode='valid', subsample_length=1)(s)
s = MaxPooling1D(pool_length=2, stride=2)(s)
s = LSTM(output_dim=20, inner_init='orthogonal', dropout_W=0.2, consume_less='gpu', return_sequences=True)(s)
Model(text, TimeDistributedDense(3)(s))
"""

NEW = """
from tensorflow.keras.models import Model, Sequential
from tensorflow.keras.layers import *
x = image = Input(shape=(32, 32, 3))
a = Conv2D(16, 3, padding='same', strides=2)(x)
b = Conv2D(16, (5, 3), padding='same', strides=2)(x)
x = Concatenate()([a, b])
y = Conv2D(32, 1, activation='relu')(x)
x = Add()([x, y])
x = Conv2D(8, 3, dilation_rate=2)(x)
x = Conv2DTranspose(4, 3, strides=2)(x)
x = GaussianNoise(stddev=0.1)(Dropout(rate=0.5)(Flatten()(x)))
Model(image, Dense(10)(x))
s = text = Input(shape=(50,))
s = Embedding(1000, 32)(s)
s = Conv1D(64, 3)(s)
s = MaxPooling1D(2, strides=2)(s)
s = LSTM(20, return_sequences=True)(s)
Model(text, Dense(3)(s))
"""


def read(tmp_path: Path, text: str) -> list[Layer]:
    (tmp_path / "net.py").write_text(text)
    return list(read_model(tmp_path / "net.py", Dims()).complete().layers)


def test_a_program_of_keras_1_builds_the_layers_of_one_of_today(tmp_path: Path) -> None:
    old, new = ([layer.to_dict() | {"name": ""} for layer in read(tmp_path, text)] for text in (OLD, NEW))
    assert old == new and len(old) > 15


def test_a_third_number_is_a_stride_where_it_is_not_keras_1(tmp_path: Path) -> None:
    head = "from {} import keras\nx = keras.Input((8, 8, 3))\n"
    text = "import keras\nx = keras.layers.Input((8, 8, 3))\nkeras.layers.{}(4, 3, 3{})(x)"
    (layer,) = read(tmp_path, text.format("Conv2D", ""))
    assert layer.macs == 4 * 9 * 3 * 4
    (layer,) = read(tmp_path, text.format("Conv2D", ", border_mode='valid'"))
    assert layer.macs == 36 * 9 * 3 * 4
    (layer,) = read(tmp_path, text.format("Convolution2D", ""))
    assert layer.macs == 36 * 9 * 3 * 4
    with pytest.raises(InputError, match="this is how Keras 1 writes a kernel"):
        read(tmp_path, head.format("tensorflow") + "keras.layers.Convolution2D(4, 3, 3)(x)")


@pytest.mark.parametrize("way", ["set_image_dim_ordering('th')", "set_image_data_format('channels_first')"])
def test_the_order_of_axes_that_a_program_sets_is_that_of_its_layers(tmp_path: Path, way: str) -> None:
    text = f"import keras\nfrom keras import backend as K\nK.{way}\n"
    text += "assert K.image_dim_ordering() == 'th' and K.image_data_format() == 'channels_first'\n"
    text += (
        "x = keras.layers.Input((3, 8, 8))\nx = keras.layers.Conv2D(4, 3)(x)\nkeras.layers.MaxPooling2D(2)(x)"
    )
    conv, pool = read(tmp_path, text)
    assert conv.to_dict()["input"] == [3, 8, 8] and pool.to_dict()["input"] == [4, 6, 6]


def test_what_keras_1_could_do_and_is_not_followed_is_told(tmp_path: Path) -> None:
    head = "from keras.layers import *\nx = Input((8, 8, 3))\n"
    with pytest.raises(InputError, match="merge joins in a way that is not followed, found cos"):
        read(tmp_path, head + "merge([x, x], mode='cos')")
    with pytest.raises(InputError, match="an output of another size than follows, found 18x18x4"):
        read(tmp_path, head + "Deconvolution2D(4, 3, 3, (None, 18, 18, 4), subsample=(2, 2))(x)")
