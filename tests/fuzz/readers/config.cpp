#include "engine/checkpoint/json_config.h"

#include "engine/tensors/error.h"
#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

namespace {

/// Reads what there is, in each of the types.
void read_all(const engine::JsonConfig& config) {
  const std::vector<std::function<void(const std::string&)>> reads = {
      [&](const std::string& key) { config.integer(key); },
      [&](const std::string& key) { config.real(key); },
      [&](const std::string& key) { config.boolean(key); },
      [&](const std::string& key) { config.text(key); },
      [&](const std::string& key) { config.integers(key); },
      [&](const std::string& key) { config.reals(key); },
      [&](const std::string& key) { config.booleans(key); },
      [&](const std::string& key) { config.text_map(key); },
      [&](const std::string& key) { config.object(key); },
      [&](const std::string& key) { config.with_override(key, "[1, 2]"); }};
  for (const std::string key :
       {"depth", "hidden_size", "patch_size", "theta", "inner", "missing"}) {
    for (const auto& read : reads) {
      try {
        read(key);
      } catch (const engine::EngineError& error) {
        require_told(invalid_argument(error.what()));
      }
    }
  }
}

}  // namespace

/// A model's config.json.
Reader config_reader() {
  return {"config",
          {R"("depth":)", R"("hidden_size":)", R"("patch_size":[1,2,2])", R"("theta":1e4)",
           R"("inner":{"depth":2})", "{", "}", "[", "]", ",", "1e999", "-1", "9223372036854775808",
           "1.5", "true", "null", R"("\u0000")", R"("\ud800")"},
          [](const std::string& input) {
            try {
              const auto config = engine::JsonConfig::parse(input, "config.json");
              read_all(config);
              require(engine::JsonConfig::parse(config.dump(), "again").dump() == config.dump(),
                      "another config at the second reading");
            } catch (const engine::EngineError& error) {
              require_told(invalid_argument(error.what()));
            }
          }};
}

}  // namespace cox::fuzz
