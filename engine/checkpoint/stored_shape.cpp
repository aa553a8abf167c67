#include "engine/checkpoint/stored_shape.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"

namespace cox::engine {

std::vector<int64_t> stored_shape(const Checkpoint& file, const std::string& name,
                                  std::size_t dimensions) {
  const auto found = file.tensors().find(name);
  const bool is_there = found != file.tensors().end();
  if (is_there && found->second.shape.size() == dimensions) return found->second.shape;
  throw user_error(fmt::format("{}: expected a tensor '{}' of {} dimensions, got {}", file.path(),
                               name, dimensions,
                               is_there ? shape_text(found->second.shape) : "none"));
}

}  // namespace cox::engine
