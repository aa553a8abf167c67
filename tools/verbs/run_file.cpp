#include "tools/verbs/run_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "engine/tensors/error.h"
#include "tools/verbs/verbs.h"

namespace cox::engine {

namespace {

constexpr const char* kFormat = "cox-plan/1";

/// The parts that all runs of a plan share; a plan may omit them.
void read_shared(const nlohmann::json& plan, RunFile& run) {
  if (const auto model = plan.find("model"); model != plan.end()) {
    for (const nlohmann::json& lora : model->value("loras", nlohmann::json::array())) {
      run.loras.push_back({lora.at("path").get<std::string>(), lora.value("digest", ""),
                           lora.at("multiplier").get<double>()});
    }
    const auto metric_weights = model->value("metric_weights", nlohmann::json::object());
    for (const auto& [metric, weights] : metric_weights.items()) {
      run.metric_weights[metric] = {weights.at("path").get<std::string>(),
                                    weights.value("digest", "")};
    }
  }
  const auto dataset = plan.find("dataset");
  if (dataset == plan.end()) return;
  for (const nlohmann::json& video : dataset->at("videos")) {
    run.videos.push_back({video.at("id").get<std::string>(), video.at("path").get<std::string>(),
                          video.value("digest", ""), video.value("caption", "")});
  }
}

RunFile run_of(const nlohmann::json& json, const nlohmann::json& plan) {
  RunFile run;
  run.method = json.at("method").get<std::string>();
  for (const auto& [name, value] : json.at("parameters").items()) {
    run.parameters[name] = value_of(value);
  }
  read_shared(plan, run);
  return run;
}

RunFile pick_run(const nlohmann::json& plan, const std::string& wanted) {
  const std::string format = plan.value("format", "none");
  if (format != kFormat) {
    throw user_error(
        fmt::format("expected format {}, as `cox plan --json` prints it, got {}", kFormat, format),
        "usage");
  }
  const nlohmann::json& runs = plan.at("runs");
  std::vector<std::string> names;
  for (const nlohmann::json& run : runs) {
    names.push_back(run.at("name").get<std::string>());
    if (names.back() == wanted) return run_of(run, plan);
  }
  if (wanted.empty() && runs.size() == 1) return run_of(runs.front(), plan);
  throw user_error(fmt::format("--run: expected one of {}, got {}", join(names, ", "),
                               wanted.empty() ? "nothing" : wanted),
                   "usage");
}

RunFile read_lines(const std::string& text) {
  std::vector<std::string> assignments;
  for (const std::string& line : split(text, '\n')) {
    const std::string content = trim(line);
    if (!content.empty() && content.front() != '#') assignments.push_back(content);
  }
  RunFile run;
  run.parameters = parse_assignments(assignments);
  return run;
}

}  // namespace

RunFile read_run_file(const std::string& path, const std::string& run) {
  const Result<std::string> text = read_file(path);
  if (!text.is_ok()) throw user_error(text.status().message(), "not_found");
  try {
    if (starts_with(trim(*text), "{")) return pick_run(nlohmann::json::parse(*text), run);
    if (!run.empty())
      throw user_error("--run requires a plan; a file of KEY=VALUE lines holds a single run",
                       "usage");
    return read_lines(*text);
  } catch (const EngineError& error) {
    throw user_error(fmt::format("{}: {}", path, error.what()), error.detail());
  } catch (const nlohmann::json::exception& error) {
    throw user_error(fmt::format("{}: not a plan of `cox plan --json`: {}", path, error.what()),
                     "usage");
  }
}

}  // namespace cox::engine
