#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace cox::engine {

/// Throws std::invalid_argument unless `input_ids` is [B, L], not empty, all in [0, vocabulary).
void check_ids(const at::Tensor& input_ids, std::int64_t vocabulary);

/// Throws EngineError(kUser) unless the text encoder has a row for each piece of the tokenizer.
void require_rows(const std::string& directory, std::int64_t pieces, std::int64_t rows);

}  // namespace cox::engine
