#include "engine/checkpoint/safetensors_header.h"

#include "engine/tensors/error.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// The header of a safetensors file. The records of a good one cover its data, each once.
Reader safetensors_reader() {
  return {
      "safetensors",
      {R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})", R"("dtype":)", R"("BF16")",
       R"("F8_E4M3")", R"("shape":[)", R"("data_offsets":[)", R"("__metadata__":{"a":"b"})", "0",
       "18446744073709551615", "9223372036854775807", "[]", "{", "}", ",",
       std::string("\x10\0\0\0\0\0\0\0", 8), std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8)},
      [](const std::string& input) {
        try {
          const auto header =
              engine::parse_safetensors_header(input, input.size(), "model.safetensors");
          std::uint64_t bytes = 0;
          for (const auto& [name, record] : header.tensors) {
            require(record.begin <= record.end && record.end <= input.size(),
                    "tensor " + name + " is outside the file");
            bytes += record.end - record.begin;
          }
          require(bytes <= input.size() - 8, "tensors overlap");
        } catch (const engine::EngineError& error) {
          require_told(invalid_argument(error.what()));
        }
      }};
}

}  // namespace cox::fuzz
