#include "engine/backbones/published.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "engine/tensors/error.h"
#include "schemas/embedded_schemas.h"

namespace cox::engine {
namespace {

constexpr const char* kModels = "models/";
constexpr const char* kParts = "models/parts/";
constexpr const char* kEnding = ".yaml";

JsonConfig embedded_config(const std::string& file) {
  return JsonConfig::parse(std::string(embedded_schemas().at(file)), "schemas/" + file);
}

}  // namespace

std::vector<std::string> published_models() {
  std::vector<std::string> names;
  for (const auto& [path, text] : embedded_schemas()) {
    const std::string file(path);
    if (!starts_with(file, kModels) || starts_with(file, kParts)) continue;
    const std::size_t begin = std::string(kModels).size();
    names.push_back(file.substr(begin, file.size() - begin - std::string(kEnding).size()));
  }
  return names;
}

JsonConfig published_model(const std::string& name) {
  const std::string file = kModels + name + kEnding;
  if (embedded_schemas().count(file) == 0) {
    throw user_error(
        fmt::format("model: expected one of {}, got '{}'", join(published_models(), ", "), name));
  }
  return embedded_config(file);
}

bool has_published_part(const std::string& name, const std::string& part) {
  const JsonConfig model = published_model(name);
  if (model.has(part)) return true;
  return model.has("shared") && model.text_map("shared").count(part) != 0;
}

JsonConfig published_part(const std::string& name, const std::string& part) {
  const JsonConfig model = published_model(name);
  const auto shared =
      model.has("shared") ? model.text_map("shared") : std::map<std::string, std::string>();
  const auto found = shared.find(part);
  return found == shared.end() ? model.object(part)
                               : embedded_config(kParts + found->second + kEnding);
}

}  // namespace cox::engine
