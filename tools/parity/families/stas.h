#pragma once

#include "tools/parity/families.h"

namespace cox::engine {

/// Adds the ops of steering, which see hidden states only; all families except LongCat-Video have
/// the same ones.
ParityOps with_steering(ParityOps ops);

}  // namespace cox::engine
