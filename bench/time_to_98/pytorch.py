"""PyTorch until 98.0 % of MNIST's test digits are right.

Usage: python3 pytorch.py MNIST_DIR SEED THREADS [SETTINGS]
"""

from job import SEED, THREADS, choose, read_mnist, until_98

import torch
from torch import nn

# The net and the minibatches are those of the tutorials' "Quickstart" (beginner_source/basics/quickstart_tutorial.py).
# Its rate is far too low to reach 98.0 % within 30 epochs; Adam with its defaults is the least change. Fused steps give
# the same weights but for rounding, in less time.
SETTINGS = {
    "quickstart, Adam": ((512, 512), lambda weights: torch.optim.Adam(weights, fused=True)),
    "quickstart": ((512, 512), lambda weights: torch.optim.SGD(weights, lr=1e-3, fused=True)),
    "same": ((256,), lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9, fused=True)),
}

torch.set_num_threads(THREADS)
torch.manual_seed(SEED)
X, y, X_test, y_test = (torch.from_numpy(part) for split in ("train", "t10k") for part in read_mnist(split))
y = y.long()

hidden, make_optimizer = choose(SETTINGS)
sizes = (784, *hidden)
layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b), nn.ReLU())]
net = nn.Sequential(*layers, nn.Linear(sizes[-1], 10))
loss = nn.CrossEntropyLoss()
optimizer = make_optimizer(net.parameters())


def train_epoch():
    for rows in torch.randperm(len(X)).split(64):
        optimizer.zero_grad()
        loss(net(X[rows]), y[rows]).backward()
        optimizer.step()


@torch.no_grad()
def count_right():
    return (net(X_test).argmax(1) == y_test).sum()


until_98(train_epoch, count_right, limit=30)
