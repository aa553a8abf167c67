#include "coordinator/sweep/model_facts.h"

#include <filesystem>

#include "tests/fuzz/readers/scratch.h"

namespace cox::fuzz {

/// The sizes that the coordinator reads in a model's config.json.
Reader model_facts_reader() {
  const auto scratch = std::make_shared<Scratch>();
  std::filesystem::create_directories(scratch->path() + "/dit");
  return {"model_facts",
          {R"("depth":)", R"("hidden":)", "{", "}", "[", "]", ",", ":", "1", "-1", "1.0", "1e3",
           "9223372036854775807", "18446744073709551615", "null", "true", R"("4")"},
          [scratch](const std::string& input) {
            scratch->file("dit/config.json", input);
            const auto facts =
                sweep::read_model_facts(scratch->path(), {{"blocks", "dit.depth"},
                                                          {"sum", "dit.depth + dit.hidden"},
                                                          {"product", "dit.hidden * dit.depth"}});
            require_told(facts.status());
          }};
}

}  // namespace cox::fuzz
