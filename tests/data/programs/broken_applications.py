"""A network of tf.keras.applications whose layers are neither in the program nor known."""
import tensorflow as tf

base_model = tf.keras.applications.RegNetX002(input_shape=(224, 224, 3), include_top=False, weights=None)
base_model.trainable = False
model = tf.keras.Sequential([base_model, tf.keras.layers.GlobalAveragePooling2D(), tf.keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="binary_crossentropy")
