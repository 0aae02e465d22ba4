"""Golden values of features of Inception v3, of the Fréchet distance and of the kernel distance.

    python3 Tests/Golden/generate_fid.py            writes fid.safetensors beside this file
    python3 Tests/Golden/generate_fid.py --full F   writes weights of full width, with images and features, to F

Made with PyTorch 2.15 and scipy 1.17. The network is that of pytorch-fid (github.com/mseitzer/pytorch-fid, inception.py), written down
anew from its layers: torchvision's Inception v3 with average pooling that leaves out the border, a maximum in the
last block, and nothing behind the last average. Its weights are random and, without --full, a sixteenth as many maps wide: what is tested is
the arithmetic. The Fréchet distance is that of pytorch-fid's fid_score.py, by scipy.linalg.sqrtm.
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from scipy import linalg
from torch import nn

FULL = "--full" in sys.argv
SHARE = 1 if FULL else 16


def maps(count):
    return max(count // SHARE, 2)


class Conv(nn.Module):
    """A convolution without bias, batch normalisation, ReLU."""

    def __init__(self, inputs, outputs, **geometry):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, bias=False, **geometry)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


def average(x):
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


class A(nn.Module):
    def __init__(self, inputs, pool):
        super().__init__()
        self.branch1x1 = Conv(inputs, maps(64), kernel_size=1)
        self.branch5x5_1 = Conv(inputs, maps(48), kernel_size=1)
        self.branch5x5_2 = Conv(maps(48), maps(64), kernel_size=5, padding=2)
        self.branch3x3dbl_1 = Conv(inputs, maps(64), kernel_size=1)
        self.branch3x3dbl_2 = Conv(maps(64), maps(96), kernel_size=3, padding=1)
        self.branch3x3dbl_3 = Conv(maps(96), maps(96), kernel_size=3, padding=1)
        self.branch_pool = Conv(inputs, maps(pool), kernel_size=1)
        self.outputs = 2 * maps(64) + maps(96) + maps(pool)

    def forward(self, x):
        five = self.branch5x5_2(self.branch5x5_1(x))
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, three, self.branch_pool(average(x))], 1)


class B(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.branch3x3 = Conv(inputs, maps(384), kernel_size=3, stride=2)
        self.branch3x3dbl_1 = Conv(inputs, maps(64), kernel_size=1)
        self.branch3x3dbl_2 = Conv(maps(64), maps(96), kernel_size=3, padding=1)
        self.branch3x3dbl_3 = Conv(maps(96), maps(96), kernel_size=3, stride=2)
        self.outputs = maps(384) + maps(96) + inputs

    def forward(self, x):
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, F.max_pool2d(x, 3, stride=2)], 1)


class C(nn.Module):
    def __init__(self, inputs, seven):
        super().__init__()
        c, o = maps(seven), maps(192)
        row = {"kernel_size": (1, 7), "padding": (0, 3)}
        column = {"kernel_size": (7, 1), "padding": (3, 0)}
        self.branch1x1 = Conv(inputs, o, kernel_size=1)
        self.branch7x7_1 = Conv(inputs, c, kernel_size=1)
        self.branch7x7_2 = Conv(c, c, **row)
        self.branch7x7_3 = Conv(c, o, **column)
        self.branch7x7dbl_1 = Conv(inputs, c, kernel_size=1)
        self.branch7x7dbl_2 = Conv(c, c, **column)
        self.branch7x7dbl_3 = Conv(c, c, **row)
        self.branch7x7dbl_4 = Conv(c, c, **column)
        self.branch7x7dbl_5 = Conv(c, o, **row)
        self.branch_pool = Conv(inputs, o, kernel_size=1)
        self.outputs = 4 * o

    def forward(self, x):
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), seven, double, self.branch_pool(average(x))], 1)


class D(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        o = maps(192)
        self.branch3x3_1 = Conv(inputs, o, kernel_size=1)
        self.branch3x3_2 = Conv(o, maps(320), kernel_size=3, stride=2)
        self.branch7x7x3_1 = Conv(inputs, o, kernel_size=1)
        self.branch7x7x3_2 = Conv(o, o, kernel_size=(1, 7), padding=(0, 3))
        self.branch7x7x3_3 = Conv(o, o, kernel_size=(7, 1), padding=(3, 0))
        self.branch7x7x3_4 = Conv(o, o, kernel_size=3, stride=2)
        self.outputs = maps(320) + o + inputs

    def forward(self, x):
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        parts = [self.branch3x3_2(self.branch3x3_1(x)), self.branch7x7x3_4(seven)]
        return torch.cat(parts + [F.max_pool2d(x, 3, stride=2)], 1)


class E(nn.Module):
    def __init__(self, inputs, pooling):
        super().__init__()
        self.pooling = pooling
        c = maps(384)
        row = {"kernel_size": (1, 3), "padding": (0, 1)}
        column = {"kernel_size": (3, 1), "padding": (1, 0)}
        self.branch1x1 = Conv(inputs, maps(320), kernel_size=1)
        self.branch3x3_1 = Conv(inputs, c, kernel_size=1)
        self.branch3x3_2a = Conv(c, c, **row)
        self.branch3x3_2b = Conv(c, c, **column)
        self.branch3x3dbl_1 = Conv(inputs, maps(448), kernel_size=1)
        self.branch3x3dbl_2 = Conv(maps(448), c, kernel_size=3, padding=1)
        self.branch3x3dbl_3a = Conv(c, c, **row)
        self.branch3x3dbl_3b = Conv(c, c, **column)
        self.branch_pool = Conv(inputs, maps(192), kernel_size=1)
        self.outputs = maps(320) + 4 * c + maps(192)

    def forward(self, x):
        three = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        parts = [self.branch1x1(x), self.branch3x3_2a(three), self.branch3x3_2b(three)]
        parts += [self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)]
        return torch.cat(parts + [self.branch_pool(self.pooling(x))], 1)


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.Conv2d_1a_3x3 = Conv(3, maps(32), kernel_size=3, stride=2)
        self.Conv2d_2a_3x3 = Conv(maps(32), maps(32), kernel_size=3)
        self.Conv2d_2b_3x3 = Conv(maps(32), maps(64), kernel_size=3, padding=1)
        self.Conv2d_3b_1x1 = Conv(maps(64), maps(80), kernel_size=1)
        self.Conv2d_4a_3x3 = Conv(maps(80), maps(192), kernel_size=3)
        width = maps(192)
        self.blocks = []
        largest = lambda x: F.max_pool2d(x, 3, stride=1, padding=1)
        plan = [("5b", A, 32), ("5c", A, 64), ("5d", A, 64), ("6a", B, None), ("6b", C, 128), ("6c", C, 160)]
        plan += [("6d", C, 160), ("6e", C, 192), ("7a", D, None), ("7b", E, average), ("7c", E, largest)]
        for name, block, argument in plan:
            module = block(width) if argument is None else block(width, argument)
            setattr(self, f"Mixed_{name}", module)
            self.blocks.append(module)
            width = module.outputs

    def forward(self, bytes_):
        x = F.interpolate(bytes_ / 255, size=(299, 299), mode="bilinear", align_corners=False)
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(2 * x - 1)))
        x = F.max_pool2d(x, 3, stride=2)
        x = F.max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)), 3, stride=2)
        for block in self.blocks:
            x = block(x)
        return x.mean((2, 3))


def frechet(mu1, sigma1, mu2, sigma2, eps=1e-6):
    """calculate_frechet_distance of pytorch-fid."""
    diff = mu1 - mu2
    covmean = linalg.sqrtm(sigma1.dot(sigma2))
    if not np.isfinite(covmean).all():
        offset = np.eye(sigma1.shape[0]) * eps
        covmean = linalg.sqrtm((sigma1 + offset).dot(sigma2 + offset))
    if np.iscomplexobj(covmean):
        assert np.allclose(np.diagonal(covmean).imag, 0, atol=1e-3)
        covmean = covmean.real
    return diff.dot(diff) + np.trace(sigma1) + np.trace(sigma2) - 2 * np.trace(covmean)


def kernel_distance(x, y):
    """The mean and the standard error of ten unbiased estimates of the squared MMD, by loops over disjoint subsets."""
    size = min(min(len(x), len(y)) // 10, 1000)
    k = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    values = []
    for i in range(10):
        a, b = x[i * size : (i + 1) * size], y[i * size : (i + 1) * size]
        own = sum(k(s, s)[~np.eye(size, dtype=bool)].sum() for s in (a, b)) / (size * (size - 1))
        values.append(own - 2 * k(a, b).mean())
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(10)


torch.manual_seed(1)
network = Inception().double().eval()
for module in network.modules():
    if isinstance(module, Conv):
        fan = module.conv.weight[0].numel()
        nn.init.normal_(module.conv.weight, std=(2 / fan) ** 0.5)
        nn.init.uniform_(module.bn.weight, 0.8, 1.2)
        nn.init.normal_(module.bn.bias, std=0.1)
        nn.init.normal_(module.bn.running_mean, std=0.1)
        nn.init.uniform_(module.bn.running_var, 0.7, 1.3)
weights = {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
weights = {k: v.float().contiguous() for k, v in weights.items()}
network.load_state_dict(weights, strict=False)

images = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
# Smooth images beside noise, since resizing and pooling treat them otherwise.
ramp = torch.arange(32)
images[1] = (4 * ramp[None, :, None] + 3 * ramp[None, None, :]).expand(3, -1, -1).to(torch.uint8)
with torch.no_grad():
    features = network(images.double())
golden = {"images": images.permute(0, 2, 3, 1).contiguous().int(), "features": features}
if FULL:
    save_file({**weights, **golden}, sys.argv[sys.argv.index("--full") + 1])
    sys.exit()

rng = np.random.default_rng(2)
mixing = rng.normal(size=(12, 12))
first = (rng.normal(size=(230, 12)) @ mixing).astype(np.float32)
second = (0.8 * rng.normal(size=(210, 12)) @ mixing + 0.3).astype(np.float32)
few = first[:9]  # of less than full rank


def moments(x):
    return x.astype(np.float64).mean(0), np.cov(x.astype(np.float64), rowvar=False)


golden["first"], golden["second"] = torch.tensor(first), torch.tensor(second)
golden["frechet"] = torch.tensor([frechet(*moments(first), *moments(second)), frechet(*moments(few), *moments(second))])
golden["kernel"] = torch.tensor(kernel_distance(first.astype(np.float64), second.astype(np.float64)))
folder = Path(__file__).parent
save_file({**{f"inception.{k}": v for k, v in weights.items()}, **golden}, folder / "fid.safetensors")
print(golden["frechet"], golden["kernel"], features.shape, features.abs().mean())
