"""NumPy or PyTorch on OMP_NUM_THREADS threads, as a child process: see child.ts for the protocol.

    python3 native.py numpy|torch
"""

import json
import os
import sys
import time
from statistics import median

SAMPLE_SECONDS = 0.0005
SAMPLES, PIXELS, HIDDEN, CLASSES = 60_000, 784, 100, 10
RATE = 0.1


def seconds_per_run(run, milliseconds):
    """The median over samples that fill the time, at least one; a sample repeats short runs."""
    end = time.perf_counter() + milliseconds / 1000
    samples, count = [], 1
    while True:
        start = time.perf_counter()
        for _ in range(count):
            run()
        elapsed = time.perf_counter() - start
        if elapsed < SAMPLE_SECONDS and time.perf_counter() < end:
            count *= 2
        else:
            samples.append(elapsed / count)
        if time.perf_counter() >= end:
            return median(samples)


class NumPyLayer:
    """Outputs are allocated once; the sums go into them."""

    def __init__(self, x, weight, bias, dy):
        self.x, self.weight, self.bias, self.dy = x, weight, bias, dy
        self.y, self.dx, self.dWeight, self.dBias = map(np.empty_like, (dy, x, weight, bias))

    def forward(self):
        np.matmul(self.x, self.weight, out=self.y)
        np.add(self.y, self.bias, out=self.y)

    def backward(self):
        np.matmul(self.dy, self.weight.T, out=self.dx)
        np.matmul(self.x.T, self.dy, out=self.dWeight)
        np.sum(self.dy, axis=0, out=self.dBias)


class TorchLayer:
    """The products that autograd runs, without autograd, into outputs that are allocated once."""

    def __init__(self, *operands):
        self.x, self.weight, self.bias, self.dy = map(torch.from_numpy, operands)
        same = (self.dy, self.x, self.weight, self.bias)
        self.y, self.dx, self.dWeight, self.dBias = map(torch.empty_like, same)

    def forward(self):
        torch.addmm(self.bias, self.x, self.weight, out=self.y)

    def backward(self):
        torch.mm(self.dy, self.weight.t(), out=self.dx)
        torch.mm(self.x.t(), self.dy, out=self.dWeight)
        torch.sum(self.dy, 0, out=self.dBias)


def torch_epoch(batch):
    """One epoch of 784-100-10 with autograd, on random digits."""
    images, labels = torch.rand(SAMPLES, PIXELS), torch.randint(CLASSES, (SAMPLES,))
    nn = torch.nn
    model = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))
    loss, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=RATE)
    torch.set_grad_enabled(True)
    start = time.perf_counter()
    for at in range(0, SAMPLES - batch + 1, batch):
        optimizer.zero_grad()
        loss(model(images[at : at + batch]), labels[at : at + batch]).backward()
        optimizer.step()
    seconds = time.perf_counter() - start
    torch.set_grad_enabled(False)
    return seconds


class Server:
    def __init__(self, layer_type):
        self.layer_type, self.layer, self.folder = layer_type, None, None

    def answer(self, request):
        op = request["op"]
        if op == "open":
            self.open(**{key: value for key, value in request.items() if key != "op"})
        elif op == "measure":
            return {"seconds": seconds_per_run(getattr(self.layer, request["pass"]), request["milliseconds"])}
        elif op == "results":
            getattr(self.layer, request["pass"])()
            for name in ["y"] if request["pass"] == "forward" else ["dx", "dWeight", "dBias"]:
                np.asarray(getattr(self.layer, name)).tofile(f"{self.folder}/{name}.f32")
        elif op == "epoch":
            return {"seconds": torch_epoch(request["batch"])}
        elif op == "dispose":
            self.layer = None
        return {}

    def open(self, folder, batch, inFeatures, outFeatures):
        def read(name, *shape):
            return np.fromfile(f"{folder}/{name}.f32", dtype=np.float32).reshape(shape)

        self.folder = folder
        self.layer = self.layer_type(
            read("x", batch, inFeatures),
            read("weight", inFeatures, outFeatures),
            read("bias", outFeatures),
            read("dy", batch, outFeatures),
        )


def say(line):
    print(json.dumps(line), flush=True)


try:
    import numpy as np

    if sys.argv[1] == "torch":
        import torch

        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        torch.set_grad_enabled(False)
        server, version = Server(TorchLayer), torch.__version__
    else:
        server, version = Server(NumPyLayer), np.__version__
except ImportError as error:
    say({"error": str(error)})
    sys.exit()

say({"version": str(version)})
for text in sys.stdin:
    try:
        say(server.answer(json.loads(text)))
    except Exception as error:
        say({"error": f"{type(error).__name__}: {error}"})
