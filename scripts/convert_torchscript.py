#!/usr/bin/env python3
"""Makes the TorchScript files that sweeps name for FVD and for three metrics of VBench.

    scripts/convert_torchscript.py i3d --script i3d_torchscript.pt --output i3d.pt
    scripts/convert_torchscript.py optical-flow --factory raft_net:make --example 480x832 --output raft.pt

The output is the network with a file `extra/cox.json` that says which network it is, whether it was
trained, and from which file it was made. `--random` marks one that was not trained.

--script FILE       A TorchScript archive: copied, nothing else changed. Needs no packages.
--factory MOD:NAME  A function of your own, in a module on PYTHONPATH: returns the torch.nn.Module,
                    weights loaded. It is traced on two examples of --example HEIGHTxWIDTH and must
                    give the same as the module on a third. Needs torch.

What each network takes and gives (docs/metrics.md):

  i3d                  forward(x, rescale=, resize=, return_features=): [1, 3, T, H, W] -> [1, 400]
  videomae             forward(x): 16 frames [1, 3, 16, 224, 224] in [0, 1] -> features [1, 1408]
  frame-interpolation  forward(a, b): two frames [1, 3, H, W] in [0, 1] -> the frame between them
  optical-flow         forward(a, b): two frames [1, 3, H, W] in [0, 255] -> flow in pixels [1, 2, H, W]
  image-quality        forward(x): a frame [1, 3, H, W] in [0, 1] -> a score from 0 to 100, one number
"""

import argparse
import hashlib
import importlib
import json
import pathlib
import sys
import zipfile

NETWORKS = ("i3d", "videomae", "frame-interpolation", "optical-flow", "image-quality")
STATED = "extra/cox.json"


def stamped(source, output, stated):
    """Copies an archive and adds a statement about its weights; keeps its entries' offsets."""
    if not zipfile.is_zipfile(source):
        sys.exit(f"{source}: expected a TorchScript archive, got another kind of file")
    data = source.read_bytes()
    partial = output.with_name(output.name + ".partial")
    partial.write_bytes(data)
    with zipfile.ZipFile(partial, "a", zipfile.ZIP_STORED) as archive:
        root = archive.namelist()[0].split("/")[0]
        if f"{root}/{STATED}" in archive.namelist():
            sys.exit(f"{source}: has an {STATED} already")
        archive.writestr(f"{root}/{STATED}", json.dumps(stated))
    partial.replace(output)


def examples(network, size, seed):
    import torch

    height, width = size
    generator = torch.Generator().manual_seed(seed)
    frame = lambda: torch.rand(1, 3, height, width, generator=generator)
    if network == "image-quality":
        return (frame(),)
    if network == "videomae":
        return (torch.rand(1, 3, 16, 224, 224, generator=generator),)
    scale = 255 if network == "optical-flow" else 1
    return frame() * scale, frame() * scale


def traced(network, factory, size, output, stated):
    import torch

    module, _, name = factory.partition(":")
    network_module = getattr(importlib.import_module(module), name)().eval()
    with torch.no_grad():
        script = torch.jit.trace(network_module, examples(network, size, 1),
                                 check_inputs=[examples(network, size, 2)])
        other = examples(network, size, 3)
        torch.testing.assert_close(script(*other), network_module(*other), rtol=1e-4, atol=1e-4)
    script.save(str(output), _extra_files={"cox.json": json.dumps(stated)})


def picture_size(text):
    height, _, width = text.partition("x")
    return int(height), int(width)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("network", choices=NETWORKS)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--script", type=pathlib.Path, metavar="FILE")
    source.add_argument("--factory", metavar="MODULE:NAME")
    parser.add_argument("--weights-file", type=pathlib.Path, metavar="FILE",
                        help="the public file that the factory reads: its digest is kept")
    parser.add_argument("--example", type=picture_size, metavar="HxW", default=(480, 832))
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--random", action="store_true", help="the weights were never trained")
    arguments = parser.parse_args()

    stated = {"network": arguments.network, "weights": "random" if arguments.random else "trained"}
    public = arguments.script or arguments.weights_file
    if public:
        stated["source"] = public.name
        stated["source_sha256"] = hashlib.sha256(public.read_bytes()).hexdigest()
    if arguments.script:
        stamped(arguments.script, arguments.output, stated)
    else:
        traced(arguments.network, arguments.factory, arguments.example, arguments.output, stated)
    print(json.dumps({"output": str(arguments.output), **stated}))


if __name__ == "__main__":
    main()
