#include <fmt/format.h>

#include <sys/stat.h>

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "engine/tensors/error.h"
#include "schemas/metric_schema.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

constexpr const char* kEmptyPath = "expected a path, got an empty string";

/// Parses all of `text` as a number; nothing if it is not a number or too large.
template <typename Number>
std::optional<Number> number_of(const std::string& text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Has no name: CLI11 puts the option's name before its message.
CLI::Validator unnamed(std::function<std::string(std::string&)> check) {
  return CLI::Validator(std::move(check), "");
}

}  // namespace

CLI::Validator whole_number(std::int64_t least, std::int64_t most, std::int64_t multiple_of) {
  return unnamed([=](const std::string& text) -> std::string {
    const auto number = number_of<std::int64_t>(text);
    if (number && *number >= least && *number <= most && *number % multiple_of == 0) return "";
    const std::string kind =
        multiple_of == 1 ? "an integer" : fmt::format("a multiple of {}", multiple_of);
    return fmt::format("expected {} from {} to {}, got {}", kind, least, most, text);
  });
}

CLI::Validator finite_number(double least) {
  return unnamed([=](const std::string& text) -> std::string {
    const auto number = number_of<double>(text);
    if (number && std::isfinite(*number) && *number >= least) return "";
    return fmt::format("expected a finite number of at least {}, got {}", least, text);
  });
}

CLI::Validator seed_number() { return whole_number(0, std::numeric_limits<std::int64_t>::max()); }

CLI::Validator output_file() {
  return unnamed([](const std::string& path) -> std::string {
    std::error_code ignored;
    if (path.empty()) return kEmptyPath;
    if (std::filesystem::is_directory(path, ignored)) {
      return fmt::format("'{}': expected a file or a new path, got a folder", path);
    }
    return check_replaceable(path).message();
  });
}

CLI::Validator output_folder() {
  return unnamed([](const std::string& path) -> std::string {
    std::error_code ignored;
    if (path.empty()) return kEmptyPath;
    if (!std::filesystem::exists(path, ignored) || std::filesystem::is_directory(path, ignored)) {
      return "";
    }
    return fmt::format("'{}': expected a folder or a new path, got a file", path);
  });
}

CLI::Option* reads_file(CLI::Option* option) {
  return option->check(unnamed([name = option->get_name()](const std::string& path) -> std::string {
    if (path.empty()) return kEmptyPath;
    require_file(name, path);
    return "";
  }));
}

void require_file(const std::string& what, const std::string& path) {
  struct stat facts = {};
  if (::stat(path.c_str(), &facts) == 0) return;
  throw user_error(fmt::format("{}: cannot open '{}': {}", what, path, std::strerror(errno)),
                   "not_found");
}

Value value_of(const nlohmann::json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_unsigned() &&
      json.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
    throw user_error(fmt::format("expected an integer up to {}, got {}",
                                 std::numeric_limits<std::int64_t>::max(), json.dump()),
                     "usage");
  }
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    Value::List items;
    for (const nlohmann::json& item : json) items.push_back(value_of(item));
    return items;
  }
  throw user_error(
      fmt::format("expected a number, string, true, false or a list, got {}", json.dump()));
}

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& purpose,
                   const std::string& example) {
  CLI::App* verb = app.add_subcommand(name, purpose);
  verb->option_defaults()->always_capture_default();  // `-h` shows them
  verb->footer("Example:\n  " + example);
  return verb;
}

void LoraOptions::add_to(CLI::App& verb) {
  reads_file(verb.add_option("--lora", files,
                             "LoRA file in the published format, applied unmerged; repeatable"))
      ->allow_extra_args(false);
  verb.add_option("--lora-multiplier", multipliers,
                  "Strength of each --lora, in order (default: 1 for all)")
      ->allow_extra_args(false);
}

std::vector<WeightFile> LoraOptions::loras() const {
  if (!multipliers.empty() && multipliers.size() != files.size()) {
    throw user_error(fmt::format("--lora-multiplier: expected one for each of {} --lora, got {}",
                                 files.size(), multipliers.size()),
                     "usage");
  }
  std::vector<WeightFile> loras;
  for (size_t i = 0; i < files.size(); ++i) {
    loras.push_back({files[i], "", multipliers.empty() ? 1.0 : multipliers[i]});
  }
  return loras;
}

namespace {

/// The two sides of NAME=FILE.
std::pair<std::string, std::string> weight_assignment(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    throw user_error(fmt::format("--weights: expected METRIC=FILE, got '{}'", text), "usage");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string check_weight_assignment(const std::string& text) {
  const auto [name, file] = weight_assignment(text);
  const MetricSchema* metric = find_metric(name);
  if (metric == nullptr || !metric->weights || !metric->variant_of.empty()) {
    throw user_error(fmt::format("--weights: metric '{}' does not exist or has no weights", name),
                     "usage");
  }
  if (file.empty()) return kEmptyPath;
  require_file(fmt::format("--weights {}", name), file);
  return "";
}

}  // namespace

void MetricWeightOptions::add_to(CLI::App& verb) {
  verb.add_option("--weights", assignments,
                  "METRIC=FILE: the weights file of a metric that needs one")
      ->check(unnamed(check_weight_assignment))
      ->allow_extra_args(false);
}

std::map<std::string, std::string> MetricWeightOptions::files() const {
  std::map<std::string, std::string> files;
  for (const std::string& text : assignments) files.insert(weight_assignment(text));
  return files;
}

Parameters parse_assignments(const std::vector<std::string>& assignments) {
  Parameters parameters;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw user_error(fmt::format("expected KEY=VALUE, got '{}'", assignment), "usage");
    }
    const std::string text = trim(assignment.substr(equals + 1));
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool is_text = json.is_discarded() || json.is_null();
    const std::string name = trim(assignment.substr(0, equals));
    try {
      parameters[name] = is_text ? Value(text) : value_of(json);
    } catch (const EngineError& error) {
      throw user_error(fmt::format("{}: {}", name, error.what()), error.detail());
    }
  }
  return parameters;
}

void require_model_directory(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory, error)) return;
  throw user_error(fmt::format("no model directory at '{}'; expected the published layout with "
                               "dit/ or transformer/, vae/ and text_encoder/",
                               directory),
                   "not_found");
}

void print_json(const nlohmann::ordered_json& json) { std::cout << json.dump(2) << '\n'; }

}  // namespace cox::engine
