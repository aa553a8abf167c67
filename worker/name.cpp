#include "worker/name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace cox::worker {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool may_be_in_name(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || is_digit(c) || c == '.' || c == '_' || c == '-';
}

/// "cuda0", or the entry of CUDA_VISIBLE_DEVICES when it is not a number (GPU-8f6d...).
std::string gpu_name(const std::string& device, const std::string& visible_gpus) {
  const size_t colon = device.find(':');
  const std::string number = colon == std::string::npos ? "0" : device.substr(colon + 1);
  const std::vector<std::string> visible = split(visible_gpus, ',');
  const size_t index = std::strtoull(number.c_str(), nullptr, 10);
  const std::string entry = index < visible.size() ? trim(visible[index]) : "";
  if (entry.empty()) return "cuda" + number;
  return std::all_of(entry.begin(), entry.end(), is_digit) ? "cuda" + entry : entry;
}

}  // namespace

std::string default_name(const std::string& host, const std::string& device,
                         const std::string& visible_gpus) {
  std::vector<std::string> names;
  for (const std::string& one : split(device, ',')) {
    names.push_back(starts_with(one, "cuda") ? gpu_name(one, visible_gpus) : one);
  }
  std::string name = fmt::format("{}.{}", host, join(names, "-"));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !may_be_in_name(c); }, '-');
  return name;
}

Status check_name(const std::string& name) {
  const bool only_dots = name.find_first_not_of('.') == std::string::npos;  // also the empty name
  if (!only_dots && name.size() <= kLongestName &&
      std::all_of(name.begin(), name.end(), may_be_in_name)) {
    return Status::ok();
  }
  return invalid_argument(
      fmt::format("--name '{}': expected 1 to {} letters, digits, '.', '_' and '-', not only dots",
                  name.substr(0, kLongestName), kLongestName));
}

}  // namespace cox::worker
