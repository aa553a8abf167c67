#include "engine/adaptation/method.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

#define COX_METHOD(name, trains) \
  std::unique_ptr<Adaptation> make_##name(ParameterReader&, const MethodContext&);
#include "engine/adaptation/methods.def"
#undef COX_METHOD

const std::vector<MethodEntry>& methods() {
  static const std::vector<MethodEntry> entries = {
#define COX_METHOD(name, trains) {#name, trains, &make_##name},
#include "engine/adaptation/methods.def"
#undef COX_METHOD
  };
  return entries;
}

const MethodEntry& find_method(const std::string& name) {
  std::vector<std::string> names;
  for (const MethodEntry& entry : methods()) {
    if (name == entry.name) return entry;
    names.emplace_back(entry.name);
  }
  throw user_error(fmt::format("method: expected one of {}, got {}", join(names, ", "), name),
                   "method");
}

TrainedTensor zero_tensor(const std::string& name, at::IntArrayRef shape,
                          const MethodContext& context) {
  const at::Tensor value =
      at::zeros(shape, at::TensorOptions(context.trained_dtype).device(context.backbone.device()));
  value.set_requires_grad(true);
  return {name, value, value, {}};
}

std::int64_t trainable_parameters(const std::vector<ParameterGroup>& groups) {
  std::int64_t count = 0;
  for (const ParameterGroup& group : groups) {
    for (const TrainedTensor& tensor : group.tensors) count += tensor.value.numel();
  }
  return count;
}

}  // namespace cox::engine
