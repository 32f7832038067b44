"""What the Python sides of "time to 98.0 %" share: their arguments, MNIST, the epochs, the report.

To be imported before anything that computes: the clock starts here, and BLAS reads its number of threads when loaded.
"""

import os
import sys
import time

START = time.perf_counter()
FOLDER, SEED, THREADS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for name in ("OPENBLAS", "MKL", "OMP"):
    os.environ[f"{name}_NUM_THREADS"] = str(THREADS)

import json  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

sys.path.append(str(Path(__file__).parent.parent))
from peak_memory import peak_mib  # noqa: E402


# whether the network and the minibatches are those that all sides have: two epochs are timed then
IS_SAME = sys.argv[4:] == ["same"]


def choose(settings):
    """The settings that the fourth argument names, or the first ones."""
    return settings[sys.argv[4] if len(sys.argv) > 4 else next(iter(settings))]


def read_mnist(split):
    """The pixels as float32 from 0 to 1, and the labels, of `train` or `t10k`."""
    images = np.fromfile(Path(FOLDER) / f"{split}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 784)
    labels = np.fromfile(Path(FOLDER) / f"{split}-labels-idx1-ubyte", np.uint8)[8:]
    return np.divide(images, 255, dtype=np.float32), labels


def until_98(train_epoch, count_right, limit):
    """Trains and tests until 9,800 of the 10,000 are right, or for `limit` epochs, and prints what bench.ts reads."""
    right, seconds = [], []
    limit = 2 if IS_SAME else limit
    while len(right) < limit and (not right or right[-1] < 9800):
        start = time.perf_counter()
        train_epoch()
        seconds.append(time.perf_counter() - start)
        right.append(int(count_right()))
    result = {
        "reached": right[-1] >= 9800, "epochs": len(right), "accuracies": [n / 10000 for n in right],
        "epochSeconds": seconds,
    }
    print(json.dumps({"seconds": time.perf_counter() - START, "result": result, "peakMiB": peak_mib()}))
