"""A convolutional network of Keras 1, as its first examples wrote it; the data are not here."""
import numpy as np
from keras import backend as K
from keras.datasets import mnist
from keras.layers import Activation, Convolution2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential

batch_size, nb_classes, nb_epoch = 128, 10, 12
img_rows, img_cols, nb_filters, pool_size, kernel_size = 28, 28, 32, (2, 2), (3, 3)

(X_train, y_train), (X_test, y_test) = mnist.load_data()
if K.image_dim_ordering() == "th":
    X_train = X_train.reshape(X_train.shape[0], 1, img_rows, img_cols)
    input_shape = (1, img_rows, img_cols)
else:
    X_train = X_train.reshape(X_train.shape[0], img_rows, img_cols, 1)
    input_shape = (img_rows, img_cols, 1)
X_train = X_train.astype("float32") / 255

model = Sequential()
model.add(Convolution2D(nb_filters, kernel_size[0], kernel_size[1], border_mode="valid", input_shape=input_shape))
model.add(Activation("relu"))
model.add(Convolution2D(nb_filters, kernel_size[0], kernel_size[1], init="he_normal", W_regularizer=None))
model.add(Activation("relu"))
model.add(MaxPooling2D(pool_size=pool_size, border_mode="valid"))
model.add(Dropout(p=0.25))
model.add(Flatten())
model.add(Dense(output_dim=128, bias=True))
model.add(Activation("relu"))
model.add(Dense(nb_classes))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adadelta", metrics=["accuracy"])
model.fit(X_train, to_categorical(y_train, nb_classes), batch_size=batch_size, nb_epoch=nb_epoch, verbose=1)
