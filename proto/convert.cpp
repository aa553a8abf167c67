#include "proto/convert.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace cox {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownCharacters = 200;

Result<Value> value_of(const std::string& name, const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return Value(json.get<bool>());
    case Json::value_t::number_integer:
      return Value(json.get<std::int64_t>());
    case Json::value_t::number_unsigned:
      if (json.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
        break;
      return Value(json.get<std::int64_t>());
    case Json::value_t::number_float:
      return Value(json.get<double>());
    case Json::value_t::string:
      return Value(json.get<std::string>());
    case Json::value_t::array: {
      Value::List list;
      for (const Json& item : json) {
        COX_ASSIGN_OR_RETURN(Value value, value_of(name, item));
        list.push_back(std::move(value));
      }
      return Value(std::move(list));
    }
    default:
      break;
  }
  return invalid_argument(
      fmt::format("parameter '{}': expected a boolean, number, string or list, got {}", name,
                  json.dump().substr(0, kShownCharacters)));
}

}  // namespace

Result<Parameters> parameters_from(const std::string& canonical) {
  const Json json = Json::parse(canonical, nullptr, false);
  if (!json.is_object()) {
    return invalid_argument(fmt::format("parameters: expected a JSON object, got '{}'",
                                        canonical.substr(0, kShownCharacters)));
  }
  Parameters parameters;
  for (const auto& [name, item] : json.items()) {
    COX_ASSIGN_OR_RETURN(Value value, value_of(name, item));
    parameters.emplace_hint(parameters.end(), name, std::move(value));
  }
  if (canonical_parameters(parameters) != canonical) {
    return invalid_argument(
        fmt::format("parameters: the JSON is not in canonical form (sorted names, no spaces, "
                    "shortest numbers): '{}'",
                    canonical.substr(0, kShownCharacters)));
  }
  return parameters;
}

}  // namespace cox
