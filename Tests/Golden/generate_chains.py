"""Golden values of Langevin chains, contrastive divergence and the variational autoencoder: chains.safetensors and
vae.safetensors, made apart from the Swift code by NumPy 2 and PyTorch 2.13 in float64.

    python3 Tests/Golden/generate_chains.py

chains.safetensors
    noise [7]: normal numbers of the stream seed 5, purpose 5 (sample), step 3, lane 2: Philox4x32-10 (Salmon et al., SC
    2011) and Box-Muller as `Backend.normal` describes them
    quadratic: f(x) = -x.A x/2 + b.x of x [4, 3]; A = A.root A.root^T + I/2. Noise of step t: that stream at step t, lane 0
        A.root [3, 3], b [3], x [4, 3]; quadratic.end [4, 3] after 5 steps of delta 0.3, tau 1; quadratic.cold with tau 0.5;
        quadratic.clipped with tau 0, gradients clipped to 0.4 and x to [-0.5, 0.5]; quadratic.{start, first, last, way}:
        of quadratic.end, mean f at the start, mean gradient norm at the first and last step, mean distance travelled
    contrastive divergence: f of Table 5's layers on x [3, 8, 8, 3], widths 64, 128, 256 divided by 32
        images, conv1 ... conv3.{v, g, b}, head.{v, g}, delta
        cd.end: after 2 steps of delta 0.3 from the images; cd.loss; cd.penalized with penalty 0.1;
        gradient.cd.<parameter>, gradient.penalized.<parameter>
    grids: fine [2, 8, 4, 3]; grids.means [2, 2, 1, 3] of blocks of 4, grids.repeated [2, 16, 8, 3] with every pixel twice

vae.safetensors
    images [3, 2, 4, 2], in units v/256 - 1/2 + U[0, 1/256), with lowest and highest bins; decoded of the same shape;
    logScale [2]; mean, logDeviation, epsilon [3, 5]
    <gaussian, logistic>.likelihood [3]: log p(x|z); divergence [3]: KL to N(0, I); weight [3]: log p(z) - log q(z|x);
    <gaussian, logistic>.bound: mean likelihood - divergence; gradient.<...>.bound.{decoded, logScale, mean, logDeviation}
    logistic.extreme: log p of one value 200 bins above its mean, for scales of e^-7
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from generate import Draws, convolve, gradients, save, weight_norm


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        mask = 0xFFFFFFFF
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & mask, (p0 >> 32) ^ c[3] ^ k[1], p0 & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def normal(shape, step, seed=5, purpose=5, lane=0):
    count = int(np.prod(shape))
    values = []
    for block in range((count + 3) // 4):
        w = philox([block, step, purpose, lane], [seed, 0])
        for a, b in ((w[0], w[1]), (w[2], w[3])):
            radius = np.sqrt(-2 * np.log(((a >> 8) + 1) * 2.0**-24))
            angle = 2 * np.pi * (b >> 8) * 2.0**-24
            values += [radius * np.cos(angle), radius * np.sin(angle)]
    return np.array(values[:count]).reshape(shape)


def quadratic(draws):
    root, b, x = (draws.normal(*shape).detach().numpy() for shape in ((3, 3), (3,), (4, 3)))
    x = (x * 0.3).astype(np.float32).astype(np.float64)
    a = root @ root.T + np.eye(3) / 2

    def walk(delta=0.3, tau=1.0, limit=np.inf, box=np.inf):
        y, norms = x, []
        for t in range(5):
            gradient = b - y @ a
            norms.append(np.linalg.norm(gradient, axis=1).mean())
            step = 0.5 * delta**2 * np.clip(gradient, -limit, limit)
            y = np.clip(y + step + tau * delta * normal(y.shape, t), -box, box)
        return y, norms

    end, norms = walk()
    start = (-0.5 * np.einsum("ni,ij,nj->n", x, a, x) + x @ b).mean()
    tensor = torch.from_numpy
    return {"A.root": tensor(root), "b": tensor(b), "x": tensor(x)}, {
        "noise": tensor(normal((7,), 3, lane=2)),
        "quadratic.end": tensor(end), "quadratic.cold": tensor(walk(tau=0.5)[0]),
        "quadratic.clipped": tensor(walk(tau=0, limit=0.4, box=0.5)[0]),
        "quadratic.start": torch.tensor(start), "quadratic.first": torch.tensor(norms[0]),
        "quadratic.last": torch.tensor(norms[-1]),
        "quadratic.way": torch.tensor(np.linalg.norm(end - x, axis=1).mean()),
    }


def contrastive_divergence(draws):
    parameters, inputs = {}, 3
    for i, outputs in enumerate((2, 4, 8), 1):
        parameters[f"conv{i}.v"] = draws.normal(4, 4, inputs, outputs, scale=0.05)
        parameters[f"conv{i}.g"] = draws.normal(outputs, scale=0.3, shift=1.5)
        parameters[f"conv{i}.b"] = draws.normal(outputs, scale=0.2)
        inputs = outputs
    parameters["head.v"] = draws.normal(inputs, 1, scale=0.05)
    parameters["head.g"] = draws.normal(1, shift=2)
    parameters["delta"] = draws.normal(1)
    images = draws.normal(3, 8, 8, 3, scale=0.25).detach()

    def f(x):
        for i in (1, 2, 3):
            w = weight_norm(parameters[f"conv{i}.v"], parameters[f"conv{i}.g"])
            x = F.leaky_relu(convolve(x, w, 2, 1) + parameters[f"conv{i}.b"], 0.2)
        head = weight_norm(parameters["head.v"], parameters["head.g"])
        return (x.flatten(1) @ head - parameters["delta"])[:, 0]

    chains = images.clone()
    for t in range(2):
        chains.requires_grad_()
        (slope,) = torch.autograd.grad(f(chains).sum(), chains)
        chains = (chains + 0.5 * 0.3**2 * slope).detach() + 0.3 * torch.from_numpy(normal(chains.shape, t))
    data, ends = f(images), f(chains)
    loss = ends.mean() - data.mean()
    penalized = loss + 0.1 * (data.square().mean() + ends.square().mean())
    results = {"cd.end": chains, "cd.loss": loss, "cd.penalized": penalized}
    results |= gradients(loss, parameters, "cd.")
    results |= gradients(penalized, parameters, "penalized.")
    return {"images": images, **parameters}, results


def grids(draws):
    fine = draws.normal(2, 8, 4, 3).detach()
    means = F.avg_pool2d(fine.permute(0, 3, 1, 2), 4).permute(0, 2, 3, 1)
    repeated = fine.repeat_interleave(2, 1).repeat_interleave(2, 2)
    return {"fine": fine}, {"grids.means": means, "grids.repeated": repeated}


def vae():
    draws = Draws(12)
    levels = torch.tensor(np.random.default_rng(3).integers(0, 256, (3, 2, 4, 2)))
    levels[0, 0, 0], levels[1, 0, 1] = torch.tensor([0, 255]), torch.tensor([255, 0])
    inside = (torch.tensor(np.random.default_rng(4).integers(0, 2**12, levels.shape)) + 0.5) / 2**12
    images = (levels + inside) / 256 - 0.5
    decoded = draws.normal(3, 2, 4, 2, scale=0.2)
    log_scale = draws.normal(2, scale=0.3, shift=-2.5)
    mean, log_deviation = draws.normal(3, 5), draws.normal(3, 5, scale=0.5)
    epsilon = draws.normal(3, 5).detach()
    inputs = {"images": images, "decoded": decoded, "logScale": log_scale, "mean": mean,
              "logDeviation": log_deviation, "epsilon": epsilon}

    def logistic(levels, centre, scale):
        upper = torch.where(levels == 255, 1.0, torch.sigmoid((levels + 1 - 256 * (centre + 0.5)) / 256 / scale))
        lower = torch.where(levels == 0, 0.0, torch.sigmoid((levels - 256 * (centre + 0.5)) / 256 / scale))
        return torch.log(upper - lower) + np.log(256)

    posterior, prior = Normal(mean, log_deviation.exp()), Normal(torch.zeros(5), torch.ones(5))
    divergence = kl_divergence(posterior, prior).sum(1)
    z = mean + log_deviation.exp() * epsilon
    results = {"divergence": divergence, "weight": (prior.log_prob(z) - posterior.log_prob(z)).sum(1)}
    likelihoods = {
        "gaussian": Normal(decoded, log_scale.exp()).log_prob(images).sum((1, 2, 3)),
        "logistic": logistic(levels, decoded, log_scale.exp()).sum((1, 2, 3)),
    }
    variables = {"decoded": decoded, "logScale": log_scale, "mean": mean, "logDeviation": log_deviation}
    for name, likelihood in likelihoods.items():
        bound = (likelihood - divergence).mean()
        results |= {f"{name}.likelihood": likelihood, f"{name}.bound": bound}
        results |= gradients(bound, variables, f"{name}.bound.")
    # 200 bins to the right of the mean by scales of 1/1097, where the difference of sigmoids is 0 in float64. As far out
    # the density of the logistic times the bin's width is the mass but for its curvature: log of the integral of
    # exp(-t)/s dt from a to b is -a + log(1 - exp(a - b)).
    scale = np.exp(-7.0)
    a, b = 200 / 256 / scale, 201 / 256 / scale
    results["logistic.extreme"] = torch.tensor(-a + np.log1p(-np.exp(a - b)) + np.log(256))
    save("vae", inputs, results)


if __name__ == "__main__":
    draws = Draws(11)
    parts = [quadratic(draws), contrastive_divergence(draws), grids(draws)]
    save("chains", {k: v for part in parts for k, v in part[0].items()},
         {k: v for part in parts for k, v in part[1].items()})
    vae()
