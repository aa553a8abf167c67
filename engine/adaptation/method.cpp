#include "engine/adaptation/method.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/text.h"
#include "engine/adaptation/joint.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"
#include "record/method_name.h"

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

std::string MethodSet::prefix(std::size_t member) const {
  return members.size() == 1 ? "" : member_parameter(members.at(member)->name, "");
}

MethodSet find_methods(const std::string& name) {
  const std::vector<std::string> names = methods_of(name);
  MethodSet set;
  for (const std::string& member : names) set.members.push_back(&find_method(member));
  const auto repeated = std::adjacent_find(names.begin(), names.end(), std::greater_equal<>());
  const auto idle = std::find_if(set.members.begin(), set.members.end(),
                                 [](const MethodEntry* member) { return !member->trains; });
  if (names.size() > 1 && (repeated != names.end() || idle != set.members.end())) {
    throw user_error(
        fmt::format("method: expected different methods that train, in the order of their names, "
                    "got {}",
                    name),
        "method");
  }
  return set;
}

std::unique_ptr<Adaptation> make_adaptation(const MethodSet& methods, ParameterReader& parameters,
                                            Backbone& backbone, const VideoRandom& random,
                                            const std::vector<at::ScalarType>& dtypes) {
  std::vector<std::unique_ptr<Adaptation>> made;
  for (std::size_t i = 0; i < methods.members.size(); ++i) {
    const ParameterReader::Member scope(parameters, methods.prefix(i));
    made.push_back(methods.members[i]->make(parameters, {backbone, random, dtypes.at(i)}));
  }
  return made.size() == 1 ? std::move(made.front()) : act_together(std::move(made));
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
    for (const TrainedTensor& tensor : group.tensors) count += tensor.leaf.numel();
  }
  return count;
}

}  // namespace cox::engine
