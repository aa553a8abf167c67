#include "cli/results/parameter_difference.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "base/value.h"

namespace cox::cli {

namespace {

Result<std::map<std::string, std::string>> fields_of(const RunIdentity& run) {
  const auto json = nlohmann::json::parse(run.parameters, nullptr, false);
  if (!json.is_object()) {
    return internal_error(concat("the parameters of run '", run.name, "' are not a JSON object"));
  }
  std::map<std::string, std::string> fields = {
      {"method", json_quoted(run.method)},
      {"backbone", json_quoted(run.backbone)},
      {"model_digest", json_quoted(run.model_digest.substr(0, 12))}};
  for (const auto& [name, value] : json.items()) fields[name] = value.dump();
  return fields;
}

}  // namespace

Result<std::vector<Difference>> differences(const RunIdentity& ours, const RunIdentity& theirs) {
  COX_ASSIGN_OR_RETURN(auto our_fields, fields_of(ours));
  COX_ASSIGN_OR_RETURN(auto their_fields, fields_of(theirs));
  std::map<std::string, Difference> all;
  for (const auto& [field, value] : our_fields) all[field] = {field, value, ""};
  for (const auto& [field, value] : their_fields) {
    all[field].field = field;
    all[field].theirs = value;
  }
  std::vector<Difference> different;
  for (auto& [field, difference] : all) {
    if (difference.ours != difference.theirs) different.push_back(std::move(difference));
  }
  return different;
}

}  // namespace cox::cli
