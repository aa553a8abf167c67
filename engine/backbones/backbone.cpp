#include "engine/backbones/backbone.h"

#include <stdexcept>

namespace cox::engine {

ConditionCache Backbone::prefill(const at::Tensor&, const Adapter&) const {
  throw std::logic_error("this backbone has no condition cache");
}

}  // namespace cox::engine
