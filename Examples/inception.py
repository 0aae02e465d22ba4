"""Makes the weights that `fce eval --fid` reads from those of pytorch-fid.

    python3 Examples/inception.py pt_inception-2015-12-05-6726825d.pth inception.safetensors

The .pth file (95 MB) is in the releases of github.com/mseitzer/pytorch-fid, under fid_weights. The script needs the packages torch and
safetensors. Names and layouts stay PyTorch's. The classifier behind the features is left out.
"""

import sys

import torch
from safetensors.torch import save_file

if len(sys.argv) != 3:
    sys.exit(__doc__)
state = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
kept = {
    name: value.float().contiguous()
    for name, value in state.items()
    if name.endswith((".conv.weight", ".bn.weight", ".bn.bias", ".bn.running_mean", ".bn.running_var"))
    and not name.startswith("AuxLogits")
}
save_file(kept, sys.argv[2], metadata={"kind": "inception-v3", "source": "pytorch-fid, 2015-12-05"})
print(f"{sys.argv[2]}: {len(kept)} tensors")
