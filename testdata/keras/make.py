"""Writes small models in every form that the installed Keras saves.

    python make.py FOLDER
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

L = keras.layers
folder = sys.argv[1]
keras.utils.set_random_seed(7)


@keras.saving.register_keras_serializable()
class Scale(L.Layer):
    def call(self, x):
        return x * 2


def save(name, model, forms=(".keras", ".h5")):
    for form in forms:
        model.save(os.path.join(folder, name + form))


trained = keras.Sequential([keras.Input((8,)), L.Dense(4, activation="relu", kernel_regularizer="l2"), L.Dropout(0.2), L.BatchNormalization(), L.Dense(2, activation="softmax")])
trained.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
trained.fit(np.random.rand(8, 8), np.eye(2)[np.random.randint(0, 2, 8)], verbose=0)
save("trained", trained)

image = keras.Input((16, 16, 3))
x = L.ReLU()(L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(image)))
x = L.GlobalAveragePooling2D()(L.Add()([x, L.DepthwiseConv2D(3, padding="same")(x)]))
network = keras.Model(image, L.Dense(3)(x))
network.compile(optimizer=keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)), loss=keras.losses.MeanSquaredError(), metrics=[keras.metrics.MeanAbsoluteError()])
save("network", network)

words = keras.Input((10,), dtype="int32")
x = L.Bidirectional(L.LSTM(4, return_sequences=True))(L.Embedding(20, 4, mask_zero=True)(words))
save("recurrent", keras.Model(words, L.RNN([L.GRUCell(3), L.LSTMCell(2)])(L.TimeDistributed(L.Dense(3))(x))), (".keras",))

save("lambda", keras.Sequential([keras.Input((8,)), L.Lambda(lambda x: x / 255.0), L.Dense(2)]))
given = keras.Input((8,))
compiled = keras.Model(given, L.Dense(2)(given))
compiled.compile("adam", loss=lambda y, p: p - y, metrics=["mae"])
save("compiled", compiled, (".keras",))
given = keras.Input((8,))
save("custom", keras.Model(given, Scale()(given)))
text = keras.Input((1,), dtype="string")
vectors = L.TextVectorization(max_tokens=20, output_sequence_length=4)
vectors.adapt(["a b c", "d e"])
save("text", keras.Model(text, vectors(text)), (".keras",))

dense = keras.Sequential([keras.Input((8,)), L.Dense(4)])
dense.save_weights(os.path.join(folder, "dense.weights.h5"))
with open(os.path.join(folder, "dense.json"), "w") as file:
    file.write(dense.to_json())
if keras.__version__.startswith("2"):  # what Keras 2 keeps beside a SavedModel
    import shutil
    import tempfile

    for name in ("trained", "lambda"):
        with tempfile.TemporaryDirectory() as saved:
            keras.models.load_model(os.path.join(folder, name + ".h5")).save(saved, save_format="tf")
            shutil.copy(os.path.join(saved, "keras_metadata.pb"), os.path.join(folder, name + ".pb"))
else:
    import tensorflow as tf

    quantised = keras.Sequential([keras.Input((16,)), L.Dense(8), L.Dense(4)])
    quantised.layers[0].enable_lora(2)
    quantised.quantize("int8")
    save("quantised", quantised)
    features = keras.utils.FeatureSpace({"a": "float_normalized", "b": "string_categorical"})
    features.adapt(tf.data.Dataset.from_tensor_slices({"a": [1.0, 2.0], "b": ["x", "y"]}))
    save("features", features, (".keras",))
