"""The architectures of ``tf.keras.applications``, built layer by layer under Keras' names."""
