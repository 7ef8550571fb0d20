"""Trains networks with PyTorch as a JSON on stdin says, and writes their parameters to stdout: see torch.test.ts."""

import json
import sys

import torch

torch.set_num_threads(1)


def tensor(values, *shape):
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def train(case):
    sizes = case["sizes"]
    linears = []
    for i in range(len(sizes) - 1):
        linear = torch.nn.Linear(sizes[i], sizes[i + 1], dtype=torch.float64)
        # Ours is in × out, PyTorch's out × in.
        linear.weight = torch.nn.Parameter(tensor(case["weights"][i], sizes[i], sizes[i + 1]).T.contiguous())
        linear.bias = torch.nn.Parameter(tensor(case["biases"][i], sizes[i + 1]))
        linears.append(linear)
    net = torch.nn.Sequential(linears[0], torch.nn.GELU(), linears[1], torch.nn.Sigmoid(), linears[2])
    x = tensor(case["x"], -1, sizes[0])
    labels = torch.tensor(case["labels"])
    optimizer = getattr(torch.optim, case["optimizer"])(net.parameters(), **case["options"])
    batch = case["batch"]
    losses = []
    for _ in range(case["epochs"]):
        for at in range(0, len(x), batch):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x[at : at + batch]), labels[at : at + batch])
            loss.backward()
            if case["clip"]:
                torch.nn.utils.clip_grad_norm_(net.parameters(), case["clip"])
            optimizer.step()
            losses.append(loss.item())
    return {
        "losses": losses,
        "weights": [linear.weight.T.reshape(-1).tolist() for linear in linears],
        "biases": [linear.bias.tolist() for linear in linears],
    }


json.dump([train(case) for case in json.load(sys.stdin)], sys.stdout)
