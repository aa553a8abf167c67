#pragma once

#include "engine/backbones/transformer_factory.h"

namespace cox::engine::longcat {

/// The ways to make a LongCat-Video transformer.
const TransformerFactory& transformers();

}  // namespace cox::engine::longcat
