#include "engine/backbones/backbone.h"

#include <stdexcept>

#include "engine/tensors/error.h"

namespace cox::engine {

ConditionCache Backbone::prefill(const at::Tensor&, const Adapter&) const {
  throw std::logic_error("this backbone has no condition cache");
}

void Backbone::set_group(Group* group) {
  if (group == nullptr) return;
  throw user_error("this family runs on one GPU only; ask for one", "several_gpus");
}

}  // namespace cox::engine
