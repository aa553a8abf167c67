#include "coordinator/core/result.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "base/text.h"
#include "record/value.h"

namespace cox::core {

namespace {

constexpr std::size_t kLongestNumber = 32;  ///< characters, what makes it a real included

/// Writes to `at`, which has room for kLongestNumber; returns the text's end.
char* put_number(char* at, double value) {
  if (!std::isfinite(value)) return std::copy_n("null", 4, at);
  char* const end = std::to_chars(at, at + kLongestNumber, value).ptr;
  const bool is_real = std::any_of(at, end, [](char c) { return c == '.' || c == 'e'; });
  return is_real ? end : std::copy_n(".0", 2, end);
}

}  // namespace

std::string json_numbers(std::span<const double> numbers) {
  std::string json;
  json.resize(2 + numbers.size() * (kLongestNumber + 1));
  char* at = json.data();
  *at++ = '[';
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) *at++ = ',';
    at = put_number(at, numbers[i]);
  }
  *at++ = ']';
  json.resize(static_cast<std::size_t>(at - json.data()));
  return json;
}

JobResult::JobResult(JobOutput output)
    : output_(std::move(output)),
      losses_json_(json_numbers(output_.adaptation.losses)),
      anchor_losses_json_(json_numbers(output_.adaptation.anchor_losses)) {
  per_frame_json_ = "{";
  for (const MetricValue& metric : output_.metrics) {
    if (per_frame_json_.size() > 1) per_frame_json_ += ',';
    per_frame_json_ += json_quoted(metric.name) + ':' + json_numbers(metric.per_frame);
  }
  per_frame_json_ += '}';
  std::vector<std::string> jobs;
  for (const std::string& job : output_.shared_with) jobs.push_back(json_quoted(job));
  shared_with_json_ = "[" + join(jobs, ",") + "]";
}

std::string json_number(double value) {
  char text[kLongestNumber];
  return {text, put_number(text, value)};
}

}  // namespace cox::core
