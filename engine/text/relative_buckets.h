#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace cox::engine {

/// T5's relative position buckets, [length, length] int64, entry (query, key). Keys after the query
/// use the second half of the buckets. Within a half, distances below a quarter of all buckets have
/// one bucket each; larger distances share logarithmic buckets up to `max_distance`; beyond it, the
/// last.
at::Tensor relative_buckets(std::int64_t length, std::int64_t buckets, std::int64_t max_distance);

}  // namespace cox::engine
