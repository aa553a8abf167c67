#!/usr/bin/env python3
"""Makes the LPIPS weights file that sweeps name as `weights: {lpips: FILE}`.

    pip install torch torchvision lpips safetensors
    scripts/convert_lpips.py --output lpips_alex.safetensors

The AlexNet trunk comes from torchvision (trained on ImageNet; 244 MB are fetched once), or from
`--trunk alexnet-owt-7be5be79.pth`; the five heads come with the package `lpips`. The file says where
its trunk comes from, and results are called `lpips` only when it was trained. `--random-trunk SEED`
makes one that was not, for trying things out: its results are called `lpips_random_trunk`.
"""

import argparse
import pathlib
import sys

FEATURES = (0, 3, 6, 8, 10)
HEADS_SHA256 = "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0"


def trunk_tensors(arguments):
    import torch
    import torchvision

    if arguments.random_trunk is not None:
        torch.manual_seed(arguments.random_trunk)
        return torchvision.models.alexnet(weights=None).state_dict()
    if arguments.trunk is not None:
        return torch.load(arguments.trunk, map_location="cpu", weights_only=True)
    weights = torchvision.models.AlexNet_Weights.IMAGENET1K_V1
    return torchvision.models.alexnet(weights=weights).state_dict()


def head_tensors():
    import hashlib

    import lpips
    import torch

    path = pathlib.Path(lpips.__file__).parent / "weights" / "v0.1" / "alex.pth"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != HEADS_SHA256:
        sys.exit(f"{path}: SHA-256 is {digest}, expected {HEADS_SHA256}; install lpips 0.1.4")
    return torch.load(path, map_location="cpu", weights_only=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--trunk", type=pathlib.Path, metavar="FILE", help="torchvision's AlexNet")
    source.add_argument("--random-trunk", type=int, metavar="SEED", help="an untrained one")
    arguments = parser.parse_args()

    from safetensors.torch import save_file

    trunk = trunk_tensors(arguments)
    tensors = {f"features.{index}.{kind}": trunk[f"features.{index}.{kind}"].float().contiguous()
               for index in FEATURES for kind in ("weight", "bias")}
    tensors |= {name: value.float().contiguous() for name, value in head_tensors().items()}
    kind = "imagenet" if arguments.random_trunk is None else "random"
    save_file(tensors, arguments.output, metadata={"trunk": kind, "heads": "lpips v0.1 alex"})
    print(f"{arguments.output}: {len(tensors)} tensors, trunk {kind}")


if __name__ == "__main__":
    main()
