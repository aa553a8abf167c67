#pragma once

#include "engine/backbones/transformer_factory.h"

namespace cox::engine::wan {

/// The ways to make a Wan transformer.
const TransformerFactory& transformers();

}  // namespace cox::engine::wan
