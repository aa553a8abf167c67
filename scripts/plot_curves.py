#!/usr/bin/env python3
"""Draws the loss curves that `cox-engine train` writes as one SVG picture.

    scripts/plot_curves.py out/train/vae_curve.json out/train/dit_curve.json -o curves.svg
    scripts/plot_curves.py docs/tiny_model_curves.json -o docs/tiny_model_curves.svg

A file is a stage's list of {"step", "loss", "seconds"} as the trainer writes it, or several such
lists by stage name. One panel for each stage, loss on a logarithmic axis over steps.
"""

import argparse
import json
import math
import pathlib

WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 28, 36
TITLES = {"vae": "VAE: reconstruction and divergence", "dit": "Transformer: flow matching"}


def step_ticks(last):
    """Returns about four round whole numbers from 0 to `last`."""
    unit = 10 ** max(0, math.floor(math.log10(last / 4)))
    size = next(unit * factor for factor in (1, 2, 5, 10) if last / (unit * factor) <= 5)
    return range(0, last + 1, size)


def loss_ticks(low, high):
    """Returns 1, 2 and 5 times powers of ten within the range."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return [tick for tick in ticks if low <= tick <= high]


def panel(title, curve, shift):
    steps = [point["step"] for point in curve]
    losses = [point["loss"] for point in curve]
    low, high = min(losses) * 0.85, max(losses) * 1.15

    def x(step):
        return shift + LEFT + (WIDTH - LEFT - RIGHT) * step / steps[-1]

    def y(loss):
        height = HEIGHT - TOP - BOTTOM
        return TOP + height * math.log(high / loss) / math.log(high / low)

    bottom, right = HEIGHT - BOTTOM, shift + WIDTH - RIGHT
    parts = [f'<text x="{shift + LEFT}" y="18" class="title">{title}</text>']
    for loss in loss_ticks(low, high):
        parts.append(f'<path d="M{shift + LEFT} {y(loss):.1f}H{right}" class="grid"/>')
        parts.append(f'<text x="{shift + LEFT - 6}" y="{y(loss) + 4:.1f}" class="loss">{loss:g}</text>')
    for step in step_ticks(steps[-1]):
        parts.append(f'<text x="{x(step):.1f}" y="{bottom + 16}" class="step">{step}</text>')
    parts.append(f'<text x="{(shift + LEFT + right) / 2}" y="{bottom + 31}" class="step">step</text>')
    line = "L".join(f"{x(step):.1f} {y(loss):.1f}" for step, loss in zip(steps, losses))
    parts.append(f'<path d="M{line}" class="curve"/>')
    return parts


def picture(curves):
    style = ("text{font:11px sans-serif;fill:#444}.title{font-weight:bold}.loss{text-anchor:end}"
             ".step{text-anchor:middle}.grid{stroke:#ddd}.curve{stroke:#1f5fa8;fill:none;"
             "stroke-width:1.5}")
    width = WIDTH * len(curves)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" '
             f'width="{width}" height="{HEIGHT}">',
             f"<style>{style}</style>", '<rect width="100%" height="100%" fill="#fff"/>']
    for index, (stage, curve) in enumerate(curves.items()):
        parts += panel(TITLES.get(stage, stage), curve, index * WIDTH)
    return "\n".join(parts + ["</svg>", ""])


def read_curves(path):
    """Returns the curves of one file by stage name."""
    content = json.loads(path.read_text())
    return content if isinstance(content, dict) else {path.stem.removesuffix("_curve"): content}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("curves", nargs="+", type=pathlib.Path, help="JSON files of the trainer")
    parser.add_argument("-o", "--output", required=True, type=pathlib.Path, help="SVG to write")
    arguments = parser.parse_args()
    curves = {stage: curve for path in arguments.curves
              for stage, curve in read_curves(path).items()}
    arguments.output.write_text(picture(curves))


if __name__ == "__main__":
    main()
