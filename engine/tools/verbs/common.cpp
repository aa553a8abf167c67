#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/tensors/error.h"
#include "engine/tools/verbs/verbs.h"

namespace cox::engine {

Value value_of(const nlohmann::json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_array()) {
    Value::List items;
    for (const nlohmann::json& item : json) items.push_back(value_of(item));
    return items;
  }
  throw user_error(concat("expected a number, text, true, false or a list, got ", json.dump()));
}

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& purpose,
                   const std::string& example) {
  CLI::App* verb = app.add_subcommand(name, purpose);
  verb->option_defaults()->always_capture_default();  // `-h` shows them
  verb->footer("Example:\n  " + example);
  return verb;
}

void LoraOptions::add_to(CLI::App& verb) {
  verb.add_option("--lora", files,
                  "LoRA file of the published format, put beside the weights unmerged; as often as "
                  "needed")
      ->allow_extra_args(false);
  verb.add_option("--lora-multiplier", multipliers,
                  "Strength of each --lora, in their order; 1 for all unless given")
      ->allow_extra_args(false);
}

std::vector<LoraFile> LoraOptions::loras() const {
  if (!multipliers.empty() && multipliers.size() != files.size()) {
    throw user_error(concat("--lora-multiplier: expected one for each of ", files.size(),
                            " --lora, got ", multipliers.size()),
                     "usage");
  }
  std::vector<LoraFile> loras;
  for (size_t i = 0; i < files.size(); ++i) {
    loras.push_back({files[i], "", multipliers.empty() ? 1.0 : multipliers[i]});
  }
  return loras;
}

Parameters parse_assignments(const std::vector<std::string>& assignments) {
  Parameters parameters;
  for (const std::string& assignment : assignments) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw user_error(concat("expected KEY=VALUE, got '", assignment, "'"), "usage");
    }
    const std::string text = trim(assignment.substr(equals + 1));
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool is_text = json.is_discarded() || json.is_null();
    parameters[trim(assignment.substr(0, equals))] = is_text ? Value(text) : value_of(json);
  }
  return parameters;
}

void require_model_directory(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory, error)) return;
  throw user_error(concat("no model directory at '", directory,
                          "'; expected the published layout with dit/, vae/ and text_encoder/"),
                   "not_found");
}

void print_json(const nlohmann::ordered_json& json) { std::cout << json.dump(2) << '\n'; }

}  // namespace cox::engine
