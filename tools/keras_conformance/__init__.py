"""The classifiers of keras.applications, imported, beside Keras itself."""
