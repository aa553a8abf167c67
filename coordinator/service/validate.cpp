#include "coordinator/service/validate.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/reflection.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "base/text.h"
#include "schemas/metric_schema.h"

namespace cox::service {

namespace {

namespace pb = google::protobuf;

constexpr std::size_t kKiB = 1'024;
constexpr std::size_t kMiB = kKiB * kKiB;
constexpr std::size_t kShownBytes = 60;                      ///< of a bad string in a message
constexpr int kDeepestMessage = 12;                          ///< lists in lists are values
constexpr int kDeepestJson = 64;                             ///< SQLite reads 1,000
constexpr std::int64_t kLatestUs = 253'402'300'799'000'000;  ///< the end of the year 9999
constexpr std::int64_t kMostBytes = std::int64_t{1} << 50;
constexpr std::int64_t kMostCount = 1'000'000'000'000;
/// A total over 10^8 results, and its squares, stays far below what a double holds.
constexpr double kLargestResult = 1e15;
constexpr double kLongestStageS = 1e9;

enum class Content { kLine, kLines, kAnything, kJson };

struct TextRule {
  std::size_t most_bytes;
  Content content = Content::kLine;
};

constexpr TextRule kPlainText{kKiB};

/// By field name, the same wherever the name occurs. kAnything is stored as printable() has it.
const std::map<std::string_view, TextRule> kTexts = {
    {"path", {4 * kKiB}},
    {"generated_path", {4 * kKiB}},
    {"reference_path", {4 * kKiB}},
    {"directory", {4 * kKiB}},
    {"title", {4 * kKiB, Content::kLines}},
    {"caption", {64 * kKiB, Content::kLines}},
    {"prompt", {64 * kKiB, Content::kLines}},
    {"parameters", {kMiB, Content::kJson}},
    {"text", {64 * kKiB, Content::kLines}},
    {"sql", {kMiB, Content::kLines}},
    {"sweep_text", {64 * kMiB, Content::kLines}},
    {"labels_json", {64 * kKiB, Content::kJson}},
    {"origins_json", {kMiB, Content::kJson}},
    {"keep_json", {4 * kMiB, Content::kJson}},
    {"note", {4 * kKiB}},
    {"add_tags", {64}},
    {"remove_tags", {64}},
    {"message", {256 * kKiB, Content::kAnything}},
    {"log_tail", {4 * kMiB, Content::kAnything}},
    {"reason", {64 * kKiB, Content::kAnything}},
};

struct IntegerRule {
  std::int64_t least;
  std::int64_t most;
};

const std::map<std::string_view, IntegerRule> kIntegers = {
    {"number", {-kMostCount, kMostCount}},
    {"priority",
     {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()}},
    {"integer",
     {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}},
    {"job_time_limit_us", {-1, kMostCount}},
    {"started_us", {0, kLatestUs}},
    {"finished_us", {0, kLatestUs}},
    {"gpu_memory_bytes", {0, kMostBytes}},
    {"device_memory_bytes", {0, kMostBytes}},
    {"memory_bytes", {0, kMostBytes}},
    {"peak_memory_bytes", {0, kMostBytes}},
    {"scored_frames", {0, 1'000'000}},
    {"threads", {0, 1'000'000}},
    {"after_sequence", {0, std::numeric_limits<std::int64_t>::max()}},
    {"max_rows", {0, std::numeric_limits<std::int64_t>::max()}},
    // The calls bound their wait themselves.
    {"wait_ms",
     {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}},
};

constexpr IntegerRule kPlainInteger{0, kMostCount};

/// A loss that is not finite is part of a history, and stored as null.
const std::set<std::string_view> kHistories = {"losses", "anchor_losses", "per_frame"};

constexpr int kPlainCount = 10'000;
const std::map<std::string_view, int> kCounts = {
    {"runs", 100'000},       {"videos", 1'000'000}, {"expected_failures", 1'000'000},
    {"rows", 100'000},       {"metrics", 64},       {"per_frame", 1'000'000},
    {"losses", 1'000'000},   {"labels", 256},       {"anchor_losses", 1'000'000},
    {"features", 1'000'000}, {"add_tags", 32},      {"remove_tags", 32},
    {"dimensions", 64},
};

Status refused(const std::string& path, std::string_view expected, std::string_view got) {
  return invalid_argument(fmt::format("{}: expected {}, got {}", path, expected, got));
}

/// The bytes of the UTF-8 character at the front of `text`; 0 when there is none.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xC2 ? 0
                           : first < 0xE0 ? 2
                           : first < 0xF0 ? 3
                           : first < 0xF5 ? 4
                                          : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = size > 1 ? byte(1) : 0;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
  return overlong || outside ? 0 : size;
}

/// C0, DEL and C1.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 2)
    return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  return character.size() == 1 && (first < 0x20 || first == 0x7F);
}

bool is_line_part(char c) { return c == '\n' || c == '\r' || c == '\t'; }

std::string shown(std::string_view text) {
  const std::string start = printable(text.substr(0, kShownBytes));
  return fmt::format("'{}'{}", start, text.size() > kShownBytes ? "..." : "");
}

Status check_characters(const std::string& path, std::string_view text, bool lines) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = character_bytes(text.substr(at));
    if (size == 0) {
      return refused(path, "UTF-8",
                     fmt::format("{}, which is not from byte {} on", shown(text), at));
    }
    const bool allowed = !is_control(text.substr(at, size)) || (lines && is_line_part(text[at]));
    if (!allowed) {
      return refused(path, "text without control characters",
                     fmt::format("{}, with one as byte {}", shown(text), at));
    }
    at += size;
  }
  return Status::ok();
}

int depth_of_json(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (text[i] == '{' || text[i] == '[')) {
      deepest = std::max(deepest, ++depth);
    } else if (!quoted && (text[i] == '}' || text[i] == ']')) {
      --depth;
    }
  }
  return deepest;
}

Status check_json(const std::string& path, const std::string& text) {
  if (text.empty()) return Status::ok();
  if (depth_of_json(text) > kDeepestJson) {
    return refused(path, fmt::format("JSON at most {} levels deep", kDeepestJson), shown(text));
  }
  if (nlohmann::json::parse(text, nullptr, false).is_object()) return Status::ok();
  return refused(path, "a JSON object", shown(text));
}

Status check_text(const std::string& path, std::string_view name, const std::string& text) {
  const auto found = kTexts.find(name);
  const TextRule rule = found == kTexts.end() ? kPlainText : found->second;
  if (text.size() > rule.most_bytes) {
    return refused(path, fmt::format("at most {} bytes", rule.most_bytes),
                   fmt::format("{}", text.size()));
  }
  switch (rule.content) {
    case Content::kAnything:
      return Status::ok();
    case Content::kJson:
      COX_RETURN_IF_ERROR(check_characters(path, text, true));
      return check_json(path, text);
    case Content::kLine:
    case Content::kLines:
      break;
  }
  return check_characters(path, text, rule.content == Content::kLines);
}

Status check_integer(const std::string& path, std::string_view name, std::int64_t value) {
  const auto found = kIntegers.find(name);
  const IntegerRule rule = found == kIntegers.end() ? kPlainInteger : found->second;
  if (value >= rule.least && value <= rule.most) return Status::ok();
  return refused(path, fmt::format("{} to {}", rule.least, rule.most), fmt::format("{}", value));
}

Status check_unsigned(const std::string& path, std::string_view name, std::uint64_t value) {
  if (name == "backbone_checksum") return Status::ok();  // any 64 bits
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value > kMost)
    return refused(path, fmt::format("at most {}", kMost), fmt::format("{}", value));
  return check_integer(path, name, static_cast<std::int64_t>(value));
}

Status check_real(const std::string& path, std::string_view name, double value) {
  if (kHistories.count(name) > 0 && !std::isfinite(value)) return Status::ok();
  if (!std::isfinite(value)) return refused(path, "a finite number", fmt::format("{}", value));
  if (name == "real" || name == "multiplier") return Status::ok();  // read where it is used
  if (ends_with(name, "_s") && (value < 0 || value > kLongestStageS)) {
    return refused(path, fmt::format("0 to {} seconds", kLongestStageS), fmt::format("{}", value));
  }
  if (std::abs(value) <= kLargestResult) return Status::ok();
  return refused(path, fmt::format("at most {} in size", kLargestResult), fmt::format("{}", value));
}

Status validate_at(const pb::Message& message, const std::string& path, int depth);

/// One value of a field, `index` its place in a list or -1.
Status check_value(const pb::Message& message, const pb::FieldDescriptor& field,
                   const std::string& path, int index, int depth) {
  const pb::Reflection& reflection = *message.GetReflection();
  const bool listed = index >= 0;
  const std::string& name = field.name();
#define COX_VALUE(type)                                          \
  (listed ? reflection.GetRepeated##type(message, &field, index) \
          : reflection.Get##type(message, &field))
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& text =
          listed ? reflection.GetRepeatedStringReference(message, &field, index, &scratch)
                 : reflection.GetStringReference(message, &field, &scratch);
      return check_text(path, name, text);
    }
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return check_integer(path, name, COX_VALUE(Int32));
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return check_integer(path, name, COX_VALUE(Int64));
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return check_unsigned(path, name, COX_VALUE(UInt32));
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return check_unsigned(path, name, COX_VALUE(UInt64));
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return check_real(path, name, COX_VALUE(Double));
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
      return check_real(path, name, COX_VALUE(Float));
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return validate_at(COX_VALUE(Message), path + ".", depth + 1);
    case pb::FieldDescriptor::CPPTYPE_BOOL:
    case pb::FieldDescriptor::CPPTYPE_ENUM:  // unknown ones are refused where they are read
      break;
  }
#undef COX_VALUE
  return Status::ok();
}

Status check_list(const pb::Message& message, const pb::FieldDescriptor& field,
                  const std::string& path, int depth) {
  const int size = message.GetReflection()->FieldSize(message, &field);
  const auto found = kCounts.find(field.name());
  const int most = found == kCounts.end() ? kPlainCount : found->second;
  if (size > most) {
    return refused(path, fmt::format("at most {} entries", most), fmt::format("{}", size));
  }
  for (int i = 0; i < size; ++i) {
    // The path is only written out for an error.
    if (check_value(message, field, path, i, depth).is_ok()) continue;
    return check_value(message, field, fmt::format("{}[{}]", path, i), i, depth);
  }
  return Status::ok();
}

Status validate_at(const pb::Message& message, const std::string& path, int depth) {
  if (depth > kDeepestMessage) {
    return refused(path, fmt::format("at most {} messages in one another", kDeepestMessage),
                   "more");
  }
  std::vector<const pb::FieldDescriptor*> present;
  message.GetReflection()->ListFields(message, &present);
  for (const pb::FieldDescriptor* field : present) {
    const std::string here = path + field->name();
    COX_RETURN_IF_ERROR(field->is_repeated() ? check_list(message, *field, here, depth)
                                             : check_value(message, *field, here, -1, depth));
  }
  return Status::ok();
}

bool is_metric_name(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// The metrics that the run's canonical parameters name; none when they name none.
std::optional<std::vector<std::string>> metrics_asked(const std::string& parameters) {
  constexpr std::string_view kKey = "\"metrics\":";
  const std::size_t key = parameters.find(kKey);
  const std::size_t end = parameters.find(']', key);
  if (key == std::string::npos || end == std::string::npos) return std::nullopt;
  const std::size_t begin = key + kKey.size();
  const auto list =
      nlohmann::json::parse(parameters.substr(begin, end + 1 - begin), nullptr, false);
  if (!list.is_array()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& name : list) {
    if (name.is_string()) names.push_back(name.get<std::string>());
  }
  return names;
}

/// A metric over random weights is recorded under the name of its variant.
bool is_asked_for(const std::string& name, const std::vector<std::string>& asked) {
  return std::any_of(asked.begin(), asked.end(), [&](const std::string& metric) {
    const MetricSchema* schema = find_metric(name);
    return name == metric || (schema != nullptr && schema->variant_of == metric);
  });
}

Status check_metrics(const v1::JobOutput& output, const core::JobFacts& job) {
  const auto asked = metrics_asked(job.parameters_json);
  if (output.metrics().empty() && !(asked && asked->empty())) {
    return refused("output.metrics", "a value of each metric of the job", "none");
  }
  std::set<std::string> names;
  for (const v1::MetricValue& metric : output.metrics()) {
    if (!is_metric_name(metric.name())) {
      return refused("output.metrics.name", "1 to 64 of a-z, 0-9 and _", shown(metric.name()));
    }
    if (!names.insert(metric.name()).second) {
      return refused("output.metrics.name", "each metric once", shown(metric.name()) + " twice");
    }
    if (asked && !is_asked_for(metric.name(), *asked)) {
      return refused("output.metrics.name", "a metric of the job: " + join(*asked, ", "),
                     shown(metric.name()));
    }
    const MetricSchema* schema = find_metric(metric.name());
    if (schema != nullptr && (schema->scope == MetricScope::kSet) != !metric.features().empty()) {
      return refused("output.metrics.features",
                     schema->scope == MetricScope::kSet ? "a feature vector" : "none",
                     fmt::format("{} numbers of {}", metric.features_size(), metric.name()));
    }
  }
  return Status::ok();
}

Status check_same(const char* field, const std::string& expected, const std::string& got) {
  if (got.empty() || got == expected) return Status::ok();
  return refused(field, expected, shown(got));
}

}  // namespace

Status validate(const pb::Message& message) { return validate_at(message, "", 0); }

Status check_fit(const v1::JobReport& report, const core::JobFacts& job) {
  if (!report.has_output()) return Status::ok();
  const v1::Provenance& provenance = report.output().provenance();
  COX_RETURN_IF_ERROR(
      check_same("output.provenance.model_digest", job.model_digest, provenance.model_digest()));
  COX_RETURN_IF_ERROR(
      check_same("output.provenance.video_digest", job.video_digest, provenance.video_digest()));
  return check_metrics(report.output(), job);
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = character_bytes(text.substr(at));
    const bool plain = size > 0 && (!is_control(text.substr(at, size)) || is_line_part(text[at]));
    for (std::size_t i = 0; i < std::max<std::size_t>(size, 1); ++i) {
      const char c = text[at + i];
      plain ? out += c : out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    at += std::max<std::size_t>(size, 1);
  }
  return out;
}

}  // namespace cox::service
