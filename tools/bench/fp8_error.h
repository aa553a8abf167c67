#pragma once

#include <vector>

#include "engine/backbones/backbone.h"

namespace cox::engine {

/// The relative L2 distance of an evaluation in e4m3 from the same evaluation in the backbone's own
/// type.
struct Fp8Error {
  std::vector<double> blocks;  ///< of the hidden states after each block, earlier errors included
  double output = 0;
};

/// The backbone must multiply in e4m3 (require_products).
Fp8Error fp8_error(const Backbone& backbone, const BackboneInput& input);

}  // namespace cox::engine
