#pragma once

#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace cox::engine {

/// A dimension of any size in check_shape.
inline constexpr int64_t kAny = -1;

/// Throws std::invalid_argument "latents: expected shape [1, 16, *, 60, 104], got [...]" unless `x`
/// is defined and has this shape.
void check_shape(const at::Tensor& x, std::initializer_list<int64_t> expected,
                 std::string_view name);
void check_shape(const at::Tensor& x, at::IntArrayRef expected, std::string_view name);

/// Returns "[1, 16, *, 60, 104]"; kAny prints as '*'.
std::string shape_text(at::IntArrayRef sizes);

}  // namespace cox::engine
