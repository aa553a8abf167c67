#!/usr/bin/env python3
"""Makes the file that sweeps name as `weights: {subject_consistency: FILE}` and `dino_similarity`.

    pip install torch safetensors
    scripts/convert_dino.py dino_vitbase16_pretrain.pth --output dino_vitb16.safetensors

Takes DINO's ViT-B/16 as facebookresearch/dino publishes it (the file that VBench uses), or a
safetensors file of huggingface's facebook/dino-vitb16. The output has the tensors under
huggingface's names, in fp32, and says which file it was made from. `--random` marks weights that were
never trained: values over them get another name.
"""

import argparse
import hashlib
import json
import pathlib
import re
import sys

NETWORK = "dino-vitb16"
# facebookresearch's names and the corresponding huggingface names.
NAMES = {
    "cls_token": "embeddings.cls_token",
    "pos_embed": "embeddings.position_embeddings",
    "patch_embed.proj.weight": "embeddings.patch_embeddings.projection.weight",
    "patch_embed.proj.bias": "embeddings.patch_embeddings.projection.bias",
    "norm.weight": "layernorm.weight",
    "norm.bias": "layernorm.bias",
}
BLOCK_NAMES = {
    "norm1": "layernorm_before",
    "attn.proj": "attention.output.dense",
    "norm2": "layernorm_after",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}
PARTS = ("query", "key", "value")
KEPT = ("embeddings.", "encoder.layer.", "layernorm.")


def read(path):
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def of_block(number, rest, tensor):
    """Returns huggingface's names and tensors for one of facebookresearch's."""
    at = f"encoder.layer.{number}."
    module, kind = rest.rsplit(".", 1)
    if module == "attn.qkv":
        return {f"{at}attention.attention.{part}.{kind}": piece
                for part, piece in zip(PARTS, tensor.chunk(3))}
    if module not in BLOCK_NAMES:
        sys.exit(f"unexpected tensor 'blocks.{number}.{rest}': this is not a ViT of DINO")
    return {f"{at}{BLOCK_NAMES[module]}.{kind}": tensor}


def converted(state):
    if "embeddings.cls_token" in state:  # huggingface's already
        return {name: tensor for name, tensor in state.items() if name.startswith(KEPT)}
    tensors = {}
    for name, tensor in state.items():
        block = re.fullmatch(r"blocks\.(\d+)\.(.+)", name)
        if block:
            tensors |= of_block(block.group(1), block.group(2), tensor)
        elif name in NAMES:
            tensors[NAMES[name]] = tensor
        else:
            sys.exit(f"unexpected tensor '{name}': this is not a ViT of DINO")
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--random", action="store_true", help="the weights were never trained")
    arguments = parser.parse_args()

    from safetensors.torch import save_file

    digest = hashlib.sha256(arguments.input.read_bytes()).hexdigest()
    tensors = {name: tensor.float().contiguous().clone()
               for name, tensor in converted(read(arguments.input)).items()}
    save_file(tensors, arguments.output, metadata={
        "network": NETWORK, "weights": "random" if arguments.random else "trained",
        "source": arguments.input.name, "source_sha256": digest})
    print(json.dumps({"output": str(arguments.output), "tensors": len(tensors),
                      "source_sha256": digest}))


if __name__ == "__main__":
    main()
