#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cox::engine {

/// One tensor as a safetensors header declares it.
struct TensorRecord {
  std::string name;
  std::string dtype;  ///< the format's spelling: `F32`, `BF16`, `I64`, ...
  std::vector<int64_t> shape;
  uint64_t begin = 0;  ///< byte offset from the start of the file
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, TensorRecord> tensors;
  std::map<std::string, std::string> metadata;
};

/// Returns the bytes of one element; 0 for a dtype that is not supported.
uint64_t dtype_bytes(std::string_view dtype);

/// Parses and checks a whole header: the declared length fits the file, every dtype is known, every
/// byte range is inside the file and as long as shape and dtype say, the ranges cover the data
/// without gaps or overlaps, and each name occurs only once. Throws EngineError(kUser) naming
/// `path` and the tensor. `bytes` is the whole file, or at least its start; `file_size` its true
/// size.
SafetensorsHeader parse_safetensors_header(std::string_view bytes, uint64_t file_size,
                                           const std::string& path);

/// Returns the length prefix and padded JSON for tensors whose data follow in this order. begin and
/// end of each record are offsets from the end of the header.
std::string safetensors_header_text(const std::vector<TensorRecord>& tensors,
                                    const std::map<std::string, std::string>& metadata);

}  // namespace cox::engine
