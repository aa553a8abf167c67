#include "coordinator/dataset/panda_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "coordinator/dataset/candidate.h"
#include "coordinator/dataset/python_literal.h"

namespace cox::dataset {

namespace {

constexpr const char* kRequired[] = {"videoID", "url", "timestamp", "caption", "matching_score"};

Result<PythonValue::List> list_of(const std::vector<std::string>& record, std::size_t column,
                                  const std::string& name) {
  auto value = parse_python_literal(record.at(column));
  if (!value.is_ok()) return value.status().with_context(fmt::format("column {}", name));
  if (value->list() == nullptr) return invalid_argument(fmt::format("column {}: not a list", name));
  return *value->list();
}

Status read_times(const PythonValue& pair, PandaClip& clip) {
  const auto* times = pair.list();
  const bool two = times != nullptr && times->size() == 2 && (*times)[0].text() != nullptr &&
                   (*times)[1].text() != nullptr;
  if (!two) return invalid_argument("column timestamp: expected pairs ['start', 'end']");
  const auto start = parse_timestamp_ms(*(*times)[0].text());
  const auto end = parse_timestamp_ms(*(*times)[1].text());
  if (!start || !end || *start >= *end) {
    return invalid_argument(
        fmt::format("column timestamp: expected H:MM:SS.mmm with start before end, got {} to {}",
                    escaped(*(*times)[0].text()), escaped(*(*times)[1].text())));
  }
  clip.start_ms = *start;
  clip.end_ms = *end;
  return Status::ok();
}

Status read_text(const PythonValue& value, const char* column, std::string& text) {
  if (value.text() == nullptr) {
    return invalid_argument(fmt::format("column {}: not a string", column));
  }
  text = trim(*value.text());
  const std::string fault = caption_fault(text);
  return fault.empty() ? Status::ok()
                       : invalid_argument(fmt::format("column {}: {}", column, fault));
}

}  // namespace

std::optional<std::int64_t> parse_timestamp_ms(std::string_view text) {
  const std::vector<std::string> parts = split(text, ':');
  if (parts.size() > 3) return std::nullopt;
  double seconds = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    double part = 0;
    const std::string& digits = parts[i];
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), part,
                                               std::chars_format::fixed);
    const bool last = i + 1 == parts.size();
    const bool whole = failed == std::errc() && end == digits.data() + digits.size() &&
                       !digits.empty() && digits[0] != '-';
    if (!whole || (!last && part != std::floor(part)) || (i > 0 && part >= 60)) return std::nullopt;
    seconds = 60 * seconds + part;
  }
  return std::llround(seconds * 1000);
}

Result<std::map<std::string, std::size_t>> panda_columns(const std::vector<std::string>& header) {
  std::map<std::string, std::size_t> columns;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const std::string name = trim(header[i]);
    if (columns.emplace(name, i).second) continue;
    return invalid_argument(fmt::format("two columns of the first line are named '{}'",
                                        abbreviated(escaped(name), 100)));
  }
  for (const char* name : kRequired) {
    if (columns.count(name) == 0) {
      return invalid_argument(
          fmt::format("no column '{}' in the first line; expected a CSV of Panda-70M, got {}", name,
                      abbreviated(escaped(join(header, ", ")), 500)));
    }
  }
  return columns;
}

Result<PandaRow> parse_panda_row(const std::vector<std::string>& record,
                                 const std::map<std::string, std::size_t>& columns) {
  if (record.size() != columns.size()) {
    return invalid_argument(
        fmt::format("expected {} fields, got {}", columns.size(), record.size()));
  }
  PandaRow row;
  row.video_id = trim(record.at(columns.at("videoID")));
  std::map<std::string, PythonValue::List> lists;
  for (const auto& [name, column] : columns) {
    if (name == "videoID" || name == "url") continue;
    COX_ASSIGN_OR_RETURN(lists[name], list_of(record, column, name));
  }
  row.clips.resize(lists.at("timestamp").size());
  for (const auto& [name, list] : lists) {
    if (list.size() == row.clips.size()) continue;
    return invalid_argument(fmt::format("column {} has {} entries for {} timestamps", name,
                                        list.size(), row.clips.size()));
  }
  for (std::size_t i = 0; i < row.clips.size(); ++i) {
    PandaClip& clip = row.clips[i];
    COX_RETURN_IF_ERROR(read_times(lists.at("timestamp")[i], clip));
    COX_RETURN_IF_ERROR(read_text(lists.at("caption")[i], "caption", clip.caption));
    if (lists.count("desirable_filtering") != 0) {
      const PythonValue& label = lists["desirable_filtering"][i];
      COX_RETURN_IF_ERROR(read_text(label, "desirable_filtering", clip.desirable));
    }
    if (lists.count("shot_boundary_detection") != 0) {
      const auto* shots = lists["shot_boundary_detection"][i].list();
      clip.shots = shots == nullptr ? 0 : static_cast<int>(shots->size());
    }
  }
  return row;
}

}  // namespace cox::dataset
