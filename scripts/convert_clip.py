#!/usr/bin/env python3
"""Makes the files that sweeps name for the metrics over CLIP.

    pip install torch safetensors
    scripts/convert_clip.py ViT-B-32.pt --output clip_vit_b32.safetensors
    scripts/convert_clip.py ViT-L-14.pt --head sa_0_4_vit_l_14_linear.pth --output aesthetic.safetensors
    scripts/convert_clip.py ViT-B-32.pt --vocabulary bpe_simple_vocab_16e6.txt.gz --output prompt.safetensors

The first is for background_consistency and clip_similarity, the second for aesthetic_quality, the
third for prompt_similarity. Takes the TorchScript archives that openai/CLIP publishes (the files that
VBench uses), or a safetensors file of huggingface's openai/clip-vit-base-patch32 or
openai/clip-vit-large-patch14. The output has the image tower and its projection under huggingface's
names, in fp32, and says which file it was made from. `--vocabulary` also keeps the text tower, and
stores the tokenizer: the list of byte pairs in the folder clip/ of openai/CLIP, or a folder with
huggingface's vocab.json and merges.txt. `--random` marks weights that were never trained: values over
them get another name.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import re
import sys

# Keyed by the number of features of the image tower.
NETWORKS = {768: "clip-vit-b32", 1024: "clip-vit-l14"}
# openai's names and the corresponding huggingface names.
NAMES = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
}
TEXT_NAMES = {
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
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
KEPT_TEXT = ("text_model.", "text_projection.")
SPECIAL = ("<|startoftext|>", "<|endoftext|>")


def read(path):
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    try:
        return torch.jit.load(path, map_location="cpu").state_dict()
    except RuntimeError:
        return torch.load(path, map_location="cpu", weights_only=True)


def of_block(tower, number, rest, tensor):
    """Returns huggingface's names and tensors for one of openai's."""
    at = f"{tower}.encoder.layers.{number}."
    if rest in ("attn.in_proj_weight", "attn.in_proj_bias"):
        kind = rest.rsplit("_", 1)[1]
        return {f"{at}self_attn.{part}.{kind}": piece
                for part, piece in zip(PARTS, tensor.chunk(3))}
    module, kind = rest.rsplit(".", 1)
    if module not in BLOCK_NAMES:
        sys.exit(f"unexpected tensor '{at}{rest}': this is not a ViT of CLIP")
    return {f"{at}{BLOCK_NAMES[module]}.{kind}": tensor}


def converted(state, with_text):
    if "visual_projection.weight" in state:  # huggingface's already
        kept = KEPT + KEPT_TEXT if with_text else KEPT
        return {name: tensor for name, tensor in state.items()
                if name.startswith(kept) and not name.endswith("position_ids")}
    tensors = {}
    for name, tensor in state.items():
        block = re.fullmatch(r"(visual\.)?transformer\.resblocks\.(\d+)\.(.+)", name)
        if block and (block.group(1) or with_text):
            tower = "vision_model" if block.group(1) else "text_model"
            tensors |= of_block(tower, block.group(2), block.group(3), tensor)
        elif with_text and name == "text_projection":
            tensors["text_projection.weight"] = tensor.T
        elif with_text and name in TEXT_NAMES:
            tensors[TEXT_NAMES[name]] = tensor
        elif name == "visual.proj":
            tensors["visual_projection.weight"] = tensor.T
        elif name in NAMES:
            tensors[NAMES[name]] = tensor
        elif name.startswith("visual."):
            sys.exit(f"unexpected tensor '{name}': this is not a ViT of CLIP")
    return tensors


def byte_symbols():
    """Returns the characters that represent bytes in CLIP's vocabulary, in its order."""
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printed]
    return [chr(byte) for byte in printed] + [chr(0x100 + i) for i in range(len(others))]


def read_tokenizer(path, pieces):
    """Returns the contents of vocab.json and merges.txt for a token embedding of `pieces` rows."""
    if path.is_dir():
        vocabulary = (path / "vocab.json").read_text(encoding="utf-8")
        merges = (path / "merges.txt").read_text(encoding="utf-8")
    else:
        symbols = byte_symbols()
        content = path.read_bytes()
        lines = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode().split("\n")
        wanted = pieces - 2 * len(symbols) - len(SPECIAL)
        kept = [line for line in lines[1:1 + wanted] if line]
        if len(kept) != wanted:
            sys.exit(f"{path}: expected {wanted} byte pairs for {pieces} tokens, got {len(kept)}")
        names = symbols + [symbol + "</w>" for symbol in symbols]
        names += ["".join(line.split()) for line in kept] + list(SPECIAL)
        vocabulary = json.dumps({name: i for i, name in enumerate(names)})
        merges = "\n".join(["#version: 0.2"] + kept) + "\n"
    count = len(json.loads(vocabulary))
    if count != pieces:
        sys.exit(f"{path}: expected {pieces} tokens, as the text tower has, got {count}")
    return {"vocab.json": vocabulary, "merges.txt": merges}


def network_of(tensors):
    if "visual_projection.weight" not in tensors:
        sys.exit("no image tower of CLIP in the file: expected visual_projection.weight or visual.proj")
    return NETWORKS.get(tensors["visual_projection.weight"].shape[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("--head", type=pathlib.Path, help="LAION's linear head, for aesthetic_quality")
    parser.add_argument("--vocabulary", type=pathlib.Path,
                        help="CLIP's byte pairs or a folder of its tokenizer, for prompt_similarity")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--random", action="store_true", help="the weights were never trained")
    parser.add_argument("--network", choices=sorted(NETWORKS.values()),
                        help="which one it is, for random weights of other sizes")
    arguments = parser.parse_args()

    from safetensors.torch import save_file

    digest = hashlib.sha256(arguments.input.read_bytes()).hexdigest()
    tensors = converted(read(arguments.input), with_text=arguments.vocabulary is not None)
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
    tokenizer = {}
    if arguments.vocabulary:
        embedding = tensors.get("text_model.embeddings.token_embedding.weight")
        if embedding is None:
            sys.exit(f"{arguments.input}: no text tower of CLIP in the file")
        tokenizer = read_tokenizer(arguments.vocabulary, embedding.shape[0])
        metadata["vocabulary"] = arguments.vocabulary.name
    save_file({name: tensor.float().contiguous().clone() for name, tensor in tensors.items()},
              arguments.output, metadata=metadata | tokenizer)
    print(json.dumps({"output": str(arguments.output), "tensors": len(tensors), **metadata}))


if __name__ == "__main__":
    main()
