"""Plain NumPy until 98.0 % of MNIST's test digits are right, by our own recipe: float32 throughout, no new memory for
what is large.

Usage: python3 numpy_float32.py MNIST_DIR SEED THREADS [same]
"""

from job import SEED, choose, read_mnist, until_98

import numpy as np

# the rate falls to zero over the epochs, along a line
UNITS, EPOCHS, BATCH, RATE, MOMENTUM = choose({"ours": (192, 3, 8, 0.2, 0), "same": (256, 4, 64, 0.1, 0.9)})

X, y = read_mnist("train")
X_test, y_test = read_mnist("t10k")
Y = np.eye(10, dtype=np.float32)[y]
rng = np.random.default_rng(SEED)


def zeros(*shapes):
    return [np.zeros(shape, np.float32) for shape in shapes]


shapes = (784, UNITS), (UNITS, 10)
weights = [rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / shape[0])) for shape in shapes]
biases, bias_steps = zeros(UNITS, 10), zeros(UNITS, 10)
steps, scratch = zeros(*shapes), zeros(*shapes)
buffers = zeros(*((BATCH, columns) for columns in (784, 10, UNITS, UNITS, 10)))
rates = iter(RATE * np.linspace(1, 0, EPOCHS * -(-len(X) // BATCH), endpoint=False))


def update(layer, inputs, delta):
    """A step is MOMENTUM times the one before, less rate times gradient; the rate is in delta already."""
    gradient = np.dot(inputs.T, delta, out=scratch[layer])
    if MOMENTUM == 0:
        weights[layer] -= gradient
        biases[layer] -= delta.sum(axis=0)
        return
    steps[layer] *= MOMENTUM
    steps[layer] -= gradient
    weights[layer] += steps[layer]
    bias_steps[layer] *= MOMENTUM
    bias_steps[layer] -= delta.sum(axis=0)
    biases[layer] += bias_steps[layer]


def train_epoch():
    for rows in np.split(rng.permutation(len(X)), range(BATCH, len(X), BATCH)):
        x, wanted, hidden, back, out = (buffer[:len(rows)] for buffer in buffers)
        np.take(X, rows, axis=0, out=x, mode="clip")  # with the default mode NumPy would take a copy first
        np.take(Y, rows, axis=0, out=wanted, mode="clip")
        np.dot(x, weights[0], out=hidden)
        hidden += biases[0]
        np.maximum(hidden, 0, out=hidden)
        np.dot(hidden, weights[1], out=out)
        out += biases[1]
        out -= out.max(axis=1, keepdims=True)
        np.exp(out, out=out)
        out /= out.sum(axis=1, keepdims=True)
        out -= wanted
        out *= float(next(rates)) / len(rows)
        np.dot(out, weights[1].T, out=back)
        back *= hidden > 0
        update(1, hidden, out)
        update(0, x, back)


def count_right():
    hidden = np.maximum(X_test @ weights[0] + biases[0], 0)
    return ((hidden @ weights[1] + biases[1]).argmax(axis=1) == y_test).sum()


until_98(train_epoch, count_right, limit=EPOCHS)
