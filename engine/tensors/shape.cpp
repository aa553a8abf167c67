#include "engine/tensors/shape.h"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "base/text.h"

namespace cox::engine {
namespace {

bool matches(at::IntArrayRef got, at::IntArrayRef expected) {
  if (got.size() != expected.size()) return false;
  for (size_t i = 0; i < got.size(); ++i) {
    if (expected[i] != kAny && got[i] != expected[i]) return false;
  }
  return true;
}

}  // namespace

void check_shape(const at::Tensor& x, at::IntArrayRef expected, std::string_view name) {
  if (x.defined() && matches(x.sizes(), expected)) return;
  throw std::invalid_argument(fmt::format("{}: expected shape {}, got {}", name,
                                          shape_text(expected),
                                          x.defined() ? shape_text(x.sizes()) : "no tensor"));
}

void check_shape(const at::Tensor& x, std::initializer_list<int64_t> expected,
                 std::string_view name) {
  check_shape(x, at::IntArrayRef(expected), name);
}

std::string shape_text(at::IntArrayRef sizes) {
  std::vector<std::string> parts;
  for (const int64_t size : sizes) parts.push_back(size == kAny ? "*" : std::to_string(size));
  return "[" + join(parts, ", ") + "]";
}

}  // namespace cox::engine
