#!/usr/bin/env python3
"""Makes the files that sweeps name for the metrics over CLIP.

    pip install torch safetensors
    scripts/convert_clip.py ViT-B-32.pt --output clip_vit_b32.safetensors
    scripts/convert_clip.py ViT-L-14.pt --head sa_0_4_vit_l_14_linear.pth --output aesthetic.safetensors

The first is for background_consistency and clip_similarity, the second for aesthetic_quality. Takes
the TorchScript archives that openai/CLIP publishes (the files that VBench uses), or a safetensors
file of huggingface's openai/clip-vit-base-patch32 or openai/clip-vit-large-patch14. The output has the
image tower and its projection under huggingface's names, in fp32, and says which file it was made
from. `--random` marks weights that were never trained: values over them get another name.
"""

import argparse
import hashlib
import json
import pathlib
import re
import sys

# By the features of the image tower.
NETWORKS = {768: "clip-vit-b32", 1024: "clip-vit-l14"}
# openai's names, and huggingface's.
NAMES = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
}
BLOCK_NAMES = {
    "ln_1": "layer_norm1",
    "attn.out_proj": "self_attn.out_proj",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}
PARTS = ("q_proj", "k_proj", "v_proj")
KEPT = ("vision_model.", "visual_projection.")


def read(path):
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    try:
        return torch.jit.load(path, map_location="cpu").state_dict()
    except RuntimeError:
        return torch.load(path, map_location="cpu", weights_only=True)


def of_block(number, rest, tensor):
    """huggingface's names and tensors of one of openai's."""
    at = f"vision_model.encoder.layers.{number}."
    if rest in ("attn.in_proj_weight", "attn.in_proj_bias"):
        kind = rest.rsplit("_", 1)[1]
        return {f"{at}self_attn.{part}.{kind}": piece
                for part, piece in zip(PARTS, tensor.chunk(3))}
    module, kind = rest.rsplit(".", 1)
    if module not in BLOCK_NAMES:
        sys.exit(f"unexpected tensor 'visual.transformer.resblocks.{number}.{rest}': this is not a "
                 "ViT of CLIP")
    return {f"{at}{BLOCK_NAMES[module]}.{kind}": tensor}


def converted(state):
    if "visual_projection.weight" in state:  # huggingface's already
        return {name: tensor for name, tensor in state.items()
                if name.startswith(KEPT) and not name.endswith("position_ids")}
    tensors = {}
    for name, tensor in state.items():
        block = re.fullmatch(r"visual\.transformer\.resblocks\.(\d+)\.(.+)", name)
        if block:
            tensors |= of_block(block.group(1), block.group(2), tensor)
        elif name == "visual.proj":
            tensors["visual_projection.weight"] = tensor.T
        elif name in NAMES:
            tensors[NAMES[name]] = tensor
        elif name.startswith("visual."):
            sys.exit(f"unexpected tensor '{name}': this is not a ViT of CLIP")
    return tensors


def network_of(tensors):
    if "visual_projection.weight" not in tensors:
        sys.exit("no image tower of CLIP in the file: expected visual_projection.weight or visual.proj")
    return NETWORKS.get(tensors["visual_projection.weight"].shape[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("--head", type=pathlib.Path, help="LAION's linear head, for aesthetic_quality")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--random", action="store_true", help="the weights were never trained")
    parser.add_argument("--network", choices=sorted(NETWORKS.values()),
                        help="which one it is, for random weights of other sizes")
    arguments = parser.parse_args()

    from safetensors.torch import save_file

    digest = hashlib.sha256(arguments.input.read_bytes()).hexdigest()
    tensors = converted(read(arguments.input))
    network = arguments.network if arguments.random and arguments.network else network_of(tensors)
    if network is None:
        sys.exit(f"{arguments.input}: expected ViT-B/32 or ViT-L/14, got an image tower of "
                 f"{tensors['visual_projection.weight'].shape[1]} features")
    metadata = {"network": network, "weights": "random" if arguments.random else "trained",
                "source": arguments.input.name, "source_sha256": digest}
    if arguments.head:
        head = read(arguments.head)
        tensors |= {"head.weight": head["weight"], "head.bias": head["bias"]}
        metadata["head"] = arguments.head.name
        metadata["head_sha256"] = hashlib.sha256(arguments.head.read_bytes()).hexdigest()
    save_file({name: tensor.float().contiguous().clone() for name, tensor in tensors.items()},
              arguments.output, metadata=metadata)
    print(json.dumps({"output": str(arguments.output), "tensors": len(tensors), **metadata}))


if __name__ == "__main__":
    main()
