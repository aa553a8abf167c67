#include "coordinator/web/change.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace cox::web {

namespace {

const std::map<std::string, Change::Verb>& verbs() {
  static const std::map<std::string, Change::Verb> kVerbs = {{"pause", Change::Verb::kPause},
                                                             {"resume", Change::Verb::kResume},
                                                             {"cancel", Change::Verb::kCancel},
                                                             {"retry", Change::Verb::kRetry}};
  return kVerbs;
}

}  // namespace

Result<Change> change_of(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return invalid_argument("expected a JSON object as the body");
  Change change;
  std::string verb;
  const std::map<std::string, std::string*> fields = {
      {"verb", &verb}, {"series", &change.series}, {"run", &change.run}, {"job", &change.job}};
  for (const auto& [key, value] : json.items()) {
    const auto field = fields.find(key);
    if (field == fields.end()) return invalid_argument(fmt::format("unknown key '{}'", key));
    if (!value.is_string()) {
      return invalid_argument(fmt::format("key '{}': expected a string", key));
    }
    *field->second = value.get<std::string>();
  }
  const auto found = verbs().find(verb);
  if (found == verbs().end()) {
    return invalid_argument(
        fmt::format("unknown verb '{}'; expected pause, resume, cancel or retry", verb));
  }
  change.verb = found->second;
  if (change.series.empty() == change.job.empty()) {
    return invalid_argument("expected either a series or a job");
  }
  if (change.series.empty() && !change.run.empty()) {
    return invalid_argument("a run needs its series");
  }
  return change;
}

}  // namespace cox::web
