#include "engine/checkpoint/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/tensors/error.h"

namespace cox::engine {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kPrefixBytes = 8;
/// The format's limit on a header.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw user_error(fmt::format("{}: {}; the file is damaged or not safetensors", path, what),
                   "bad_safetensors");
}

/// nlohmann keeps the last of two equal keys, so duplicates are detected while parsing.
Json parse_strictly(std::string_view text, const std::string& path) {
  std::set<std::string> seen;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::key && depth == 1 &&
        !seen.insert(value.get<std::string>()).second) {
      fail(path, fmt::format("the header names tensor '{}' twice", value.get<std::string>()));
    }
    return true;
  };
  Json header;
  try {
    header = Json::parse(text.begin(), text.end(), watch);
  } catch (const Json::exception& error) {
    fail(path, fmt::format("the header is not JSON ({})", error.what()));
  }
  if (!header.is_object()) fail(path, "the header is not a JSON object");
  return header;
}

/// Dtypes of the format that are not supported.
bool is_unsupported_dtype(std::string_view dtype) {
  constexpr std::string_view kNames[] = {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2",
                                         "F4",      "U16",     "U32",     "U64",     "C64"};
  return std::find(std::begin(kNames), std::end(kNames), dtype) != std::end(kNames);
}

uint64_t checked_bytes(const TensorRecord& record, const std::string& path) {
  const uint64_t item = dtype_bytes(record.dtype);
  if (item == 0 && is_unsupported_dtype(record.dtype)) {
    throw user_error(fmt::format("{}: tensor '{}' has dtype {}, which is not supported; convert "
                                 "the weights to F32, F16 or BF16",
                                 path, record.name, record.dtype),
                     "unsupported_dtype");
  }
  if (item == 0) {
    fail(path, fmt::format("tensor '{}' has unknown dtype '{}'", record.name, record.dtype));
  }
  uint64_t bytes = item;
  for (const int64_t size : record.shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(size), &bytes)) {
      fail(path, fmt::format("tensor '{}' has an impossible shape", record.name));
    }
  }
  return bytes;
}

TensorRecord parse_record(const std::string& name, const Json& entry, const std::string& path) {
  TensorRecord record;
  record.name = name;
  try {
    record.dtype = entry.at("dtype").get<std::string>();
    record.shape = entry.at("shape").get<std::vector<int64_t>>();
    const auto offsets = entry.at("data_offsets").get<std::vector<uint64_t>>();
    if (offsets.size() != 2)
      fail(path, fmt::format("tensor '{}': data_offsets needs two numbers", name));
    record.begin = offsets[0];
    record.end = offsets[1];
  } catch (const Json::exception& error) {
    fail(path, fmt::format("tensor '{}': {}", name, error.what()));
  }
  return record;
}

void check_ranges(const SafetensorsHeader& header, uint64_t data_bytes, const std::string& path) {
  std::vector<const TensorRecord*> by_offset;
  for (const auto& [name, record] : header.tensors) by_offset.push_back(&record);
  std::sort(by_offset.begin(), by_offset.end(), [](const TensorRecord* a, const TensorRecord* b) {
    return std::tie(a->begin, a->end) < std::tie(b->begin, b->end);
  });
  uint64_t expected_begin = 0;
  for (const TensorRecord* record : by_offset) {
    const uint64_t bytes = checked_bytes(*record, path);
    if (record->begin > record->end || record->end > data_bytes) {
      fail(path, fmt::format("tensor '{}' has bytes {} to {}, but the file holds {} bytes of data",
                             record->name, record->begin, record->end, data_bytes));
    }
    if (record->end - record->begin != bytes) {
      fail(path, fmt::format("tensor '{}' needs {} bytes, its offsets span {}", record->name, bytes,
                             record->end - record->begin));
    }
    if (record->begin != expected_begin) {
      fail(path, fmt::format("tensor '{}' begins at byte {}, expected {}", record->name,
                             record->begin, expected_begin));
    }
    expected_begin = record->end;
  }
  if (expected_begin != data_bytes) {
    fail(path,
         fmt::format("the tensors end at byte {}, the data at {}", expected_begin, data_bytes));
  }
}

}  // namespace

uint64_t dtype_bytes(std::string_view dtype) {
  if (dtype == "F64" || dtype == "I64") return 8;
  if (dtype == "F32" || dtype == "I32") return 4;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16") return 2;
  if (dtype == "I8" || dtype == "U8" || dtype == "BOOL") return 1;
  return 0;
}

SafetensorsHeader parse_safetensors_header(std::string_view bytes, uint64_t file_size,
                                           const std::string& path) {
  if (file_size < kPrefixBytes || bytes.size() < kPrefixBytes) {
    fail(path, fmt::format("it has {} bytes, fewer than a header's prefix", file_size));
  }
  uint64_t length = 0;  // little-endian, as are all supported machines
  std::memcpy(&length, bytes.data(), kPrefixBytes);
  if (length > kMaxHeaderBytes || length > file_size - kPrefixBytes ||
      length > bytes.size() - kPrefixBytes) {
    fail(path, fmt::format("its header claims {} bytes, the file has {}", length, file_size));
  }
  const Json json = parse_strictly(bytes.substr(kPrefixBytes, length), path);

  SafetensorsHeader header;
  for (const auto& [name, entry] : json.items()) {
    if (name == "__metadata__") {
      if (entry.is_null()) continue;  // some writers write null for none
      if (!entry.is_object()) fail(path, "__metadata__ is not an object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) fail(path, fmt::format("__metadata__.{} is not a string", key));
        header.metadata[key] = value.get<std::string>();
      }
      continue;
    }
    header.tensors.emplace(name, parse_record(name, entry, path));
  }
  const uint64_t data_start = kPrefixBytes + length;
  check_ranges(header, file_size - data_start, path);
  for (auto& [name, record] : header.tensors) {
    record.begin += data_start;
    record.end += data_start;
  }
  return header;
}

std::string safetensors_header_text(const std::vector<TensorRecord>& tensors,
                                    const std::map<std::string, std::string>& metadata) {
  Json json = Json::object();
  json["__metadata__"] = metadata;
  json["__metadata__"]["format"] = "pt";  // transformers does not open a file without it
  for (const TensorRecord& record : tensors) {
    json[record.name] = {{"dtype", record.dtype},
                         {"shape", record.shape},
                         {"data_offsets", {record.begin, record.end}}};
  }
  std::string text = json.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // data start at a multiple of eight bytes
  const uint64_t length = text.size();
  std::string prefix(kPrefixBytes, '\0');
  std::memcpy(prefix.data(), &length, kPrefixBytes);
  return prefix + text;
}

}  // namespace cox::engine
