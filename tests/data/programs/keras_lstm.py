"""Text classification: embedding, LSTM both ways, GRU, dense."""
from keras.layers import GRU, LSTM, Bidirectional, Dense, Embedding, SimpleRNN, TimeDistributed
from keras.models import Sequential

max_features, maxlen = 20000, 80
model = Sequential()
model.add(Embedding(max_features, 128, input_length=maxlen))
model.add(Bidirectional(LSTM(64, return_sequences=True, dropout=0.2), name="both"))
model.add(GRU(32, return_sequences=True, name="gru"))
model.add(TimeDistributed(Dense(16, activation="relu"), name="steps"))
model.add(SimpleRNN(8, name="plain"))
model.add(Dense(1, activation="sigmoid", name="score"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
