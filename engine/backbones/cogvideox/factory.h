#pragma once

#include "engine/backbones/transformer_factory.h"

namespace cox::engine::cogvideox {

/// The ways to make a CogVideoX transformer.
const TransformerFactory& transformers();

}  // namespace cox::engine::cogvideox
