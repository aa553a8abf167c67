#include "engine/text/input_ids.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/tensors/error.h"
#include "engine/tensors/shape.h"

namespace cox::engine {

void check_ids(const at::Tensor& input_ids, std::int64_t vocabulary) {
  check_shape(input_ids, {kAny, kAny}, "input_ids");
  if (input_ids.numel() == 0) throw std::invalid_argument("input_ids: expected at least one id");
  const auto lowest = input_ids.min().item<std::int64_t>();
  const auto highest = input_ids.max().item<std::int64_t>();
  if (lowest < 0 || highest >= vocabulary) {
    throw std::invalid_argument(fmt::format("input_ids: expected ids in [0, {}), got {} to {}",
                                            vocabulary, lowest, highest));
  }
}

void require_rows(const std::string& directory, std::int64_t pieces, std::int64_t rows) {
  if (pieces <= rows) return;
  throw user_error(
      fmt::format("{}: the tokenizer has {} pieces, but the text encoder's vocab_size is only {}",
                  directory, pieces, rows),
      "bad_tokenizer");
}

}  // namespace cox::engine
