#pragma once

#include "tools/parity/families.h"

namespace cox::engine {

/// Adds the steering ops, which read only hidden states; all families except LongCat-Video share
/// them.
ParityOps with_steering(ParityOps ops);

}  // namespace cox::engine
