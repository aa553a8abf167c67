#pragma once

#include "engine/backbones/transformer_factory.h"

namespace cox::engine::open_sora {

/// The ways to make an Open-Sora transformer.
const TransformerFactory& transformers();

}  // namespace cox::engine::open_sora
