"""Sequences: Conv1D, MaxPooling1D, Bidirectional GRU, TimeDistributed, RepeatVector, a stack in a loop."""
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import (LSTM, GRU, Bidirectional, Conv1D, Dense, Dropout, MaxPooling1D, RepeatVector,
                                     TimeDistributed, InputLayer, GlobalMaxPooling1D)

HYPER = dict(units=[64, 32], steps=48, features=6, horizon=12)

model = Sequential(name="forecast")
model.add(InputLayer(input_shape=(HYPER["steps"], HYPER["features"])))
model.add(Conv1D(filters=32, kernel_size=5, strides=1, padding="causal", activation="relu"))
model.add(MaxPooling1D(2))
for i, units in enumerate(HYPER["units"]):
    last = i == len(HYPER["units"]) - 1
    model.add(Bidirectional(LSTM(units, return_sequences=not last)) if i == 0 else GRU(units, return_sequences=not last))
    model.add(Dropout(0.2))
model.add(RepeatVector(HYPER["horizon"]))
model.add(LSTM(100, return_sequences=True))
model.add(TimeDistributed(Dense(50, activation="relu")))
model.add(TimeDistributed(Dense(1)))
