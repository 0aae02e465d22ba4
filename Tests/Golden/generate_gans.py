#!/usr/bin/env python3
"""Golden values of the GANs without labels, computed by PyTorch in float64, apart from the Swift code.

    python3 Tests/Golden/generate_gans.py        # rewrites adversarial.safetensors and critic.safetensors beside this script

Written with Python 3.11, PyTorch 2.13.0 (CPU), NumPy 2.4.6, safetensors 0.8.0, as generate.py, whose conventions hold.

adversarial.safetensors (N = 5 images, M = 4 generated ones)
    f.data [N, 1], f.samples [M, 1]: outputs of a critic; h.data [N, 3], h.samples [M, 3]: of one with three
    <loss>.critic, <loss>.generator, gradient.<loss>.{critic, generator}.{f.data, f.samples} for the losses
      non_saturating    binary cross-entropy with logits; the generator's with flipped labels
      hinge             Miyato et al. 2018
      wasserstein       the difference of means
      repulsive (of h)  kernel means over pairs of different rows; the generator's is MMD^2 without bias, kernel deviation 1
    gains.0 [6], gains.1 [3], entropy: sum of the entropies of normal distributions with these deviations,
      gradient.entropy.gains.{0, 1}; the code's 1e-8 within the logarithm included
    x [N, 4, 4, 2], visible [32], activations [N, 7], experts [N, 1]: -E of a product of experts, sigma 1 for images in
      [-1, 1], which are 2 x; gradient.experts.{x, visible, activations} of its sum
    matrix [3, 3, 2, 4], right [4], weights [3, 3, 2, 4]: torch.nn.utils.spectral_norm of a convolution after one step of
      power iteration from `right`: normalized, left [18], right.moved [4], gradient.normalized.matrix of
      sum(normalized * weights); largest: the largest singular value of the matrix
    parameters [5], gradients [10, 5], rmsprop [10, 5]: parameters after each step of torch.optim.RMSprop, rate 0.01,
      alpha 0.99, epsilon 1e-8

critic.safetensors: the four-layer network of Table 5 without normalisation, widths 64, 128 and 256 replaced by 2, 4 and 8
    x [6, 16, 16, 3], conv{1, 2, 3}.{w, b}, head.w [32, 1], logits [6, 1]
    penalty, slope: 10 mean (|grad f| - 1)^2 and mean |grad f|; gradient.penalty.<parameter>: by double backward
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

from generate import Draws, gradients, save


def kernel(a, b):
    return torch.exp(-torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").square() / 2)


def among(a):
    pairs = torch.triu_indices(len(a), len(a), 1)
    return kernel(a, a)[pairs[0], pairs[1]].mean()


def losses(draws):
    inputs = {"f.data": draws.normal(5, 1, shift=0.5), "f.samples": draws.normal(4, 1, shift=-0.5)}
    wide = {"h.data": draws.normal(5, 3, scale=0.7), "h.samples": draws.normal(4, 3, scale=0.7)}
    data, samples = inputs.values()

    def entropy(f, is_image):
        return F.binary_cross_entropy_with_logits(f, torch.full_like(f, float(is_image)))

    found = {
        "non_saturating.critic": (entropy(data, True) + entropy(samples, False), inputs),
        "non_saturating.generator": (entropy(samples, True), inputs),
        "hinge.critic": (torch.clamp(1 - data, min=0).mean() + torch.clamp(1 + samples, min=0).mean(), inputs),
        "hinge.generator": (-samples.mean(), inputs),
        "wasserstein.critic": (samples.mean() - data.mean(), inputs),
        "wasserstein.generator": (-samples.mean(), inputs),
    }
    a, b = wide.values()
    found["repulsive.critic"] = (among(a) - among(b), wide)
    found["repulsive.generator"] = (among(a) + among(b) - 2 * kernel(a, b).mean(), wide)
    results = {}
    for name, (loss, variables) in found.items():
        results |= {name: loss, **gradients(loss, variables, f"{name}.")}
    return {**inputs, **wide}, results


def entropy(draws):
    gains = {"gains.0": draws.normal(6, scale=0.5, shift=1), "gains.1": draws.normal(3, scale=0.5, shift=1)}
    total = sum((torch.log(2 * math.pi * math.e * g.square() + 1e-8) / 2).sum() for g in gains.values())
    return gains, {"entropy": total, **gradients(total, gains, "entropy.")}


def experts(draws):
    inputs = {"x": draws.normal(5, 4, 4, 2, scale=0.3), "visible": draws.normal(32), "activations": draws.normal(5, 7, scale=3)}
    x, b, a = inputs.values()
    flat = x.reshape(5, -1)
    energy = (2 * flat).square().sum(1) - flat @ b - torch.log1p(torch.exp(a)).sum(1)
    return inputs, {"experts": -energy[:, None], **gradients(-energy.sum(), inputs, "experts.")}


def spectral(draws):
    matrix, weights = draws.normal(3, 3, 2, 4), draws.normal(3, 3, 2, 4)
    right = F.normalize(draws.normal(4).detach(), dim=0).float().double()
    layer = torch.nn.Conv2d(2, 4, 3)
    with torch.no_grad():
        layer.weight.copy_(matrix.permute(3, 2, 0, 1))
    layer = torch.nn.utils.spectral_norm(layer, n_power_iterations=1)
    layer.weight_u.copy_(right)
    layer(torch.zeros(1, 2, 3, 3))
    normalized = layer.weight.permute(2, 3, 1, 0)
    (gradient,) = torch.autograd.grad((normalized * weights).sum(), [layer.weight_orig])
    left = layer.weight_v.reshape(2, 3, 3).permute(1, 2, 0).reshape(-1)
    largest = torch.linalg.svdvals(matrix.reshape(18, 4))[0]
    return {"matrix": matrix, "weights": weights, "right": right}, {
        "normalized": normalized, "left": left, "right.moved": layer.weight_u, "largest": largest,
        "gradient.normalized.matrix": gradient.permute(2, 3, 1, 0)}


def rmsprop(draws):
    start, sequence = draws.normal(5).detach(), draws.normal(10, 5, scale=2).detach()
    sequence[:4, 3] = 0
    parameter = start.clone().requires_grad_()
    optimizer = torch.optim.RMSprop([parameter], lr=0.01, alpha=0.99, eps=1e-8)
    steps = []
    for gradient in sequence:
        parameter.grad = gradient.clone()
        optimizer.step()
        steps.append(parameter.detach().clone())
    return {"parameters": start, "gradients": sequence}, {"rmsprop": torch.stack(steps)}


def critic(draws):
    widths = [3, 2, 4, 8]
    parameters = {}
    for i in (1, 2, 3):
        parameters[f"conv{i}.w"] = draws.normal(4, 4, widths[i - 1], widths[i], scale=0.3)
        parameters[f"conv{i}.b"] = draws.normal(widths[i], scale=0.3)
    parameters["head.w"] = draws.normal(32, 1)
    x = draws.normal(6, 16, 16, 3, scale=0.3)
    h = x.permute(0, 3, 1, 2)
    for i in (1, 2, 3):
        w = parameters[f"conv{i}.w"].permute(3, 2, 0, 1)
        h = F.leaky_relu(F.conv2d(h, w, parameters[f"conv{i}.b"], stride=2, padding=1), 0.2)
    logits = h.permute(0, 2, 3, 1).reshape(6, -1) @ parameters["head.w"]
    (slopes,) = torch.autograd.grad(logits.sum(), [x], create_graph=True)
    lengths = slopes.reshape(6, -1).norm(dim=1)
    penalty = 10 * (lengths - 1).square().mean()
    results = {"logits": logits, "penalty": penalty, "slope": lengths.mean()}
    save("critic", {"x": x, **parameters}, results | gradients(penalty, parameters, "penalty."))


if __name__ == "__main__":
    draws = Draws(21)
    inputs, results = {}, {}
    for part in (losses, entropy, experts, spectral, rmsprop):
        more, found = part(draws)
        inputs |= more
        results |= found
    save("adversarial", inputs, results)
    critic(Draws(22))
