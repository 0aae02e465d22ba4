"""How well a central difference along the input gradient gives WGAN-GP's parameter gradient.

Prints its cosine to PyTorch's double backward, in float64 and float32, for the critic of Recipes/svhn10k (64, 128 and 256
channels) at its start, on interpolates of SVHN-10k digits and smooth random images. What GradientPenalty.swift cites.

    python3 Tests/Golden/measure_gradient_penalty.py [train_32x32.mat]
"""

import sys

import scipy.io
import torch
from torch import nn

WEIGHT, STEPS = 10.0, [1e-4, 1e-3, 1e-2, 1e-1, 1.0]


def critic():
    channels = [3, 64, 128, 256]
    layers = []
    for inputs, outputs in zip(channels, channels[1:]):
        layer = nn.Conv2d(inputs, outputs, 4, 2, 1)
        nn.init.normal_(layer.weight, 0, (2 / (16 * inputs)) ** 0.5)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.LeakyReLU(0.2)]
    head = nn.Linear(256 * 16, 1, bias=False)
    nn.init.normal_(head.weight, 0, (256 * 16) ** -0.5)
    return nn.Sequential(*layers, nn.Flatten(), head)


def parameter_gradient(loss, model):
    grads = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    pairs = zip(grads, model.parameters())
    return torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for g, p in pairs])


def input_gradient(model, x, create_graph=False):
    (g,) = torch.autograd.grad(model(x).sum(), x, create_graph=create_graph)
    return g, g.flatten(1).norm(dim=1)


def double_backward(model, x):
    _, norms = input_gradient(model, x.clone().requires_grad_(), create_graph=True)
    return parameter_gradient(WEIGHT * ((norms - 1) ** 2).mean(), model)


def central_difference(model, x, step):
    g, norms = input_gradient(model, x.clone().requires_grad_())
    direction = g / norms[:, None, None, None]
    factor = 2 * WEIGHT * (norms - 1) / len(norms) / (2 * step)
    change = model(x + step * direction) - model(x - step * direction)
    return parameter_gradient((factor * change[:, 0]).sum(), model)


def main():
    torch.manual_seed(0)
    path = sys.argv[1] if len(sys.argv) > 1 else "Data/svhn10k/train_32x32.mat"
    digits = scipy.io.loadmat(path)["X"].transpose(3, 2, 0, 1)[:16] / 256 - 0.5
    smooth = torch.tanh(nn.functional.interpolate(torch.randn(16, 3, 8, 8), size=32)) / 2
    share = torch.rand(16, 1, 1, 1)
    x = share * torch.tensor(digits, dtype=torch.float32) + (1 - share) * smooth
    model = critic()
    exact = double_backward(model.double(), x.double())
    for step in STEPS:
        wide = central_difference(model.double(), x.double(), step)
        narrow = central_difference(model.float(), x, step).double()
        cosines = [torch.cosine_similarity(g, exact, dim=0).item() for g in (wide, narrow)]
        print("step %.0e: cosine %.2f in float64, %.2f in float32" % (step, *cosines))


main()
