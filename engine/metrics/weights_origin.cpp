#include "engine/metrics/weights_origin.h"

#include <fmt/format.h>

#include "engine/tensors/error.h"

namespace cox::engine {

WeightsOrigin read_origin(const std::map<std::string, std::string>& stated, const std::string& path,
                          const std::string& expected, const std::string& script) {
  const auto value = [&](const char* key) {
    const auto found = stated.find(key);
    return found == stated.end() ? std::string() : found->second;
  };
  const WeightsOrigin origin{value("network"), value("weights") == "random"};
  if (origin.network != expected) {
    throw user_error(fmt::format(
        "{}: expected weights of network '{}', got {}. Convert the public file with {}, which says "
        "so in the file",
        path, expected,
        origin.network.empty() ? "a file that does not say" : fmt::format("'{}'", origin.network),
        script));
  }
  if (!origin.random && value("weights") != "trained") {
    throw user_error(
        fmt::format("{}: weights is '{}'; expected 'trained' or 'random'. Convert the "
                    "public file with {}, which says so in the file",
                    path, value("weights"), script));
  }
  return origin;
}

}  // namespace cox::engine
