"""Trains a network with PyTorch as a JSON on stdin says, and writes its parameters to stdout: see torchByHand.node.test.ts."""

import json
import sys

import torch

torch.set_num_threads(1)
case = json.load(sys.stdin)


def tensor(values, *shape):
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def train(adam):
    first = torch.nn.Linear(5, 6, dtype=torch.float64)
    norm = torch.nn.LayerNorm(6, dtype=torch.float64)
    last = torch.nn.Linear(6, 3, dtype=torch.float64)
    w = case["weights"]
    first.weight = torch.nn.Parameter(tensor(w[0], 5, 6).T.contiguous())
    first.bias = torch.nn.Parameter(tensor(w[1], 6))
    last.weight = torch.nn.Parameter(tensor(w[4], 6, 3).T.contiguous())
    last.bias = torch.nn.Parameter(tensor(w[5], 3))
    net = torch.nn.Sequential(first, torch.nn.SiLU(), norm, torch.nn.ELU(0.5), last)
    x = tensor(case["x"], -1, 5)
    if adam:
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        targets = tensor(case["targets"], -1, 3)
        loss_of = lambda y: torch.nn.functional.huber_loss(y, targets, delta=0.3)
    else:
        first.weight.requires_grad_(False)
        first.bias.requires_grad_(False)
        trained = [p for p in net.parameters() if p.requires_grad]
        optimizer = torch.optim.SGD(trained, lr=0.1, momentum=0.9, weight_decay=0.01)
        labels = torch.tensor(case["labels"])
        classes = tensor(case["classWeights"], 3)
        loss_of = lambda y: torch.nn.functional.cross_entropy(y, labels, weight=classes)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = loss_of(net(x))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    arrays = [first.weight.T, first.bias, norm.weight, norm.bias, last.weight.T, last.bias]
    return losses + [v for a in arrays for v in a.reshape(-1).tolist()]


json.dump([train(True), train(False)], sys.stdout)
