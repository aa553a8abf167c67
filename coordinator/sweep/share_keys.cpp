#include "coordinator/sweep/share_keys.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "coordinator/sweep/geometry.h"
#include "coordinator/sweep/identity.h"

namespace cox::sweep {

namespace {

/// The method that leaves the model as it is: what a trained method is at step 0.
constexpr const char* kPretrained = "none";

bool shapes_trajectory(const ParameterSchema& schema) {
  const bool is_early = schema.stage == Stage::kSource || schema.stage == Stage::kAdaptation;
  return is_early && schema.role != Role::kHorizon && schema.role != Role::kObserver &&
         schema.role != Role::kLabel;
}

bool shapes_passes(const ParameterSchema& schema) {
  return shapes_trajectory(schema) && schema.role != Role::kReplay;
}

bool shapes_generation(const ParameterSchema& schema) {
  const bool is_read = schema.stage == Stage::kSource || schema.stage == Stage::kGeneration;
  return is_read && schema.role != Role::kLabel;
}

/// Whether the value means the same as its absence: a method without the parameter is then equal.
bool is_added_default(const ParameterSchema& schema, const Value& value) {
  return !schema.since.empty() && *schema.default_value == value;
}

/// The value as stages before generation read it.
Value before_generation(const ParameterSchema& schema, const Value& value) {
  const auto* text = value.get_if<std::string>();
  const auto earlier =
      text == nullptr ? schema.before_generation.end() : schema.before_generation.find(*text);
  return earlier == schema.before_generation.end() ? value : Value(earlier->second);
}

Parameters before_generation(const MethodSchema& method, Parameters parameters) {
  for (auto& [name, value] : parameters) {
    const auto schema = method.parameters.find(name);
    if (schema != method.parameters.end()) value = before_generation(schema->second, value);
  }
  return parameters;
}

/// The canonical text of the parameters that `belongs` names. A parameter that the schema does not
/// declare belongs everywhere.
template <typename Belongs>
std::string chosen(const MethodSchema& method, const Parameters& parameters, Belongs belongs) {
  Parameters kept;
  for (const auto& [name, value] : parameters) {
    const auto schema = method.parameters.find(name);
    const bool is_declared = schema != method.parameters.end();
    if (is_declared && (!belongs(schema->second) || is_added_default(schema->second, value)))
      continue;
    kept.emplace(name, value);
  }
  return canonical_parameters(kept);
}

std::string digest_of(const char* what, const std::string& method, const std::string& parameters,
                      const ModelFiles& model) {
  return sha256_of(fmt::format("cox-{}/1\nbackbone {}\nmodel {}\nloras {}\nmethod {}\n{}\n", what,
                               model.backbone, model.digest, lora_identity(model), method,
                               parameters));
}

/// The sum of the parameters that determine how far a run reads; a method has one.
std::int64_t horizon_of(const MethodSchema& method, const Parameters& parameters) {
  std::int64_t horizon = 0;
  for (const auto& [name, schema] : method.parameters) {
    const auto value = parameters.find(name);
    if (schema.role != Role::kHorizon || value == parameters.end()) continue;
    if (const auto* steps = value->second.get_if<std::int64_t>()) horizon += *steps;
  }
  return horizon;
}

}  // namespace

ShareKeys share_keys(const MethodSchema& method, const Parameters& parameters,
                     const ModelFiles& model) {
  ShareKeys keys;
  if (method.trains) {
    keys.horizon = horizon_of(method, parameters);
    keys.trajectory =
        digest_of("trajectory", method.name,
                  chosen(method, before_generation(method, with_latent_counts(parameters)),
                         shapes_trajectory),
                  model);
  }
  keys.generation = digest_of("generation", method.trains ? kPretrained : method.name,
                              chosen(method, parameters, shapes_generation), model);
  return keys;
}

std::string passes_key(const MethodSchema& method, const Parameters& parameters,
                       const ModelFiles& model) {
  if (method.acts_on != std::vector<std::string>{"output"}) return "";
  return digest_of(
      "passes", kPretrained,
      chosen(method, before_generation(method, with_latent_counts(parameters)), shapes_passes),
      model);
}

}  // namespace cox::sweep
