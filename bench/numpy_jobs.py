"""NumPy's side of the benchmark, and scikit-learn's: one job in a process of its own.

Usage: python3 numpy_jobs.py JOB MNIST_DIR [NUMBER ...]

Prints one line of JSON: the seconds of the job itself, its result, and the peak memory of the process. The algorithm is
the article's, as tests/fixtures/make_reference.py has it. `bench.ts` says what each job is.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from peak_memory import peak_mib

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "fixtures"))
from make_reference import Article, sigmoid  # noqa: E402


def read_mnist(folder):
    images = np.fromfile(Path(folder) / "train-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 784)
    labels = np.fromfile(Path(folder) / "train-labels-idx1-ubyte", np.uint8)[8:]
    order = np.random.RandomState(42).permutation(len(images))
    return images[order], labels[order]


def standardised(X):
    X = X.astype(np.float64)
    deviation = X.std(axis=0)
    deviation[deviation < 10 * np.finfo(float).eps] = 1
    return (X - X.mean(axis=0)) / deviation


def network(units=50, epochs=300, rate=0.001, batches=25):
    return Article(10, 784, units, 0.0, 0.5, epochs, rate, batches, 42)


def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def fit(X, y, rows=500, **options):
    net = network(**options)
    seconds, _ = timed(lambda: net.fit(X[:rows], y[:rows]))
    return seconds, {"first": net.error_[0], "last": net.error_[-1]}


def main_job(folder, epochs=300):
    return fit(*read_mnist(folder), epochs=int(epochs))


def whole(folder):
    X, y = read_mnist(folder)
    net = network().fit(X[:500], y[:500])
    right = int((net.predict(X[500:]) == y[500:]).sum())
    return 0, {"right": right, "trainRight": int((net.predict(X[:500]) == y[:500]).sum())}


def standardised_job(folder):
    X, y = read_mnist(folder)
    return fit(standardised(X[:500]), y)


def wide(folder):
    return fit(*read_mnist(folder), units=250, epochs=500)


def epochs_of(folder, rows=59500, units=50, batches=25, epochs=6):
    """The median time of an epoch, without the first."""
    X, y = read_mnist(folder)
    rows = int(rows)
    net = network(int(units), 1, 1e-5, int(batches))
    times, first = [], None
    for _ in range(int(epochs)):
        seconds, _ = timed(lambda: net.fit(X[:rows], y[:rows]))
        first = first or net.error_[0]
        times.append(seconds)
    return float(np.median(times[1:])), {"first": first, "total": sum(times)}


def predict(folder):
    X, _ = read_mnist(folder)
    net = network()
    seconds, labels = timed(lambda: net.predict(X[500:]))
    return seconds, {"counts": np.bincount(labels, minlength=10).tolist()}


def xor(_folder):
    def learn():
        np.random.seed(42)
        X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        y = np.array([[0], [1], [1], [0]])
        w_hidden = np.random.uniform(size=(2, 3))
        w_output = np.random.uniform(size=(3, 1))
        sums = []
        for epoch in range(50000):
            act_hidden = sigmoid(np.dot(X, w_hidden))
            output = np.dot(act_hidden, w_output)
            error = y - output
            if epoch % 5000 == 0:
                sums.append(float(error.sum()))
            dZ = error * 0.1
            w_output += act_hidden.T.dot(dZ)
            s = sigmoid(act_hidden)
            w_hidden += X.T.dot(dZ.dot(w_output.T) * (s * (1 - s)))
        return sums

    seconds, sums = timed(learn)
    return seconds, {"sums": sums[:6]}


def dot(_folder, size=1024):
    rng, n = np.random.RandomState(1), int(size)
    a, b = rng.uniform(-1, 1, (n, n)), rng.uniform(-1, 1, (n, n))
    times = [timed(lambda: a.dot(b))[0] for _ in range(9)]
    return float(np.median(times)), {"sum": float(a.dot(b)[::97].sum())}


def scikit(folder):
    """Its own network of the same size: a softmax on top, its own order of the rows."""
    import warnings

    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    X, y = read_mnist(folder)
    X = X[:500].astype(np.float64)
    net = MLPClassifier(
        (50,), activation="logistic", solver="sgd", alpha=0.5, batch_size=20, learning_rate_init=0.001, max_iter=300,
        momentum=0, tol=0, n_iter_no_change=301, random_state=42,
    )
    seconds, _ = timed(lambda: net.fit(X, y[:500]))
    return seconds, {"trainRight": int((net.predict(X) == y[:500]).sum())}


JOBS = {
    "main": main_job, "whole": whole, "standardised": standardised_job, "wide": wide, "epochs": epochs_of,
    "predict": predict, "xor": xor, "dot": dot, "scikit": scikit,
}

if __name__ == "__main__":
    seconds, result = JOBS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({"seconds": seconds, "result": result, "peakMiB": peak_mib()}))
