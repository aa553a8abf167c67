#include "engine/families/registry.h"

#include <fmt/format.h>

#include "base/text.h"
#include "engine/backbones/published.h"
#include "engine/tensors/error.h"

namespace cox::engine {

#define COX_FAMILY(name, folder, function) \
  namespace folder {                       \
  const Family& function();                \
  }
#include "engine/families/families.def"
#undef COX_FAMILY

namespace {

struct Entry {
  const char* name;
  const Family& (*family)();
};

constexpr Entry kEntries[] = {
#define COX_FAMILY(name, folder, function) {name, folder::function},
#include "engine/families/families.def"
#undef COX_FAMILY
};

}  // namespace

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) names.emplace_back(entry.name);
  return names;
}

const Family& find_family(const std::string& name) {
  for (const Entry& entry : kEntries) {
    if (name == entry.name) return entry.family();
  }
  throw user_error(
      fmt::format("backbone: expected one of {}, got '{}'", join(family_names(), ", "), name));
}

const Family& family_of_model(const std::string& directory) {
  const Result<const BackboneSchema*> schema = family_of(directory);
  if (!schema.is_ok()) throw user_error(schema.status().message(), "model_family");
  return find_family((*schema)->name);
}

PublishedTransformer published_transformer(const std::string& model) {
  const Family& family = find_family(published_model(model).text("family"));
  return {family, published_part(model, family.schema().transformer)};
}

std::unique_ptr<Backbone> load_backbone(const BackboneRequest& request,
                                        const std::string& model_directory) {
  return find_family(request.name)
      .load_transformer(model_directory, {request.device, request.precision});
}

std::unique_ptr<Backbone> random_backbone(const BackboneRequest& request, const JsonConfig& config,
                                          uint64_t seed) {
  return find_family(request.name)
      .transformers()
      .random(config, seed, {request.device, request.precision});
}

}  // namespace cox::engine
