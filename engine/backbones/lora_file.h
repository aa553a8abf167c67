#pragma once

#include <vector>

#include "engine/backbones/backbone.h"
#include "engine/checkpoint/safetensors.h"
#include "record/model.h"

namespace cox::engine {

/// Puts the low-rank terms of published LoRA files beside the backbone's linear layers, which stay
/// as they are; terms of earlier files go. They act in every pass until detach_loras, under the
/// seams of any method. The terms of one layer are summed in the order of the files.
///
/// A file holds for each adapted layer, under `lora` and its name with `___lorahyphen___` for
/// each dot: `.lora_down.weight` [parts * rank, in], `.alpha_scale` [], and `.lora_up.weight`
/// [out, rank], or `.lora_up.blocks.J.weight` [out / parts, rank] for a layer that fuses several.
///
/// Throws EngineError(kUser) naming the first differences when a file is not exactly that for
/// layers that the backbone has, or naming a tensor or multiplier that is not finite. The backbone
/// then has no terms.
void attach_loras(Backbone& backbone, const std::vector<WeightFile>& files);

/// The same checks, which a backbone of shapes passes too; attaches nothing. Returns the number of
/// adapted layers.
std::size_t check_lora(Backbone& backbone, const Checkpoint& file);

void detach_loras(Backbone& backbone);

}  // namespace cox::engine
