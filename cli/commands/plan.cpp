#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/best_finder.h"
#include "coordinator/sweep/load_sweep.h"
#include "coordinator/sweep/plan_json.h"
#include "coordinator/sweep/plan_text.h"

namespace cox::cli {

namespace {

class Plan final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "plan",
        .summary = "Show the exact runs and jobs of sweep files with their digests; run nothing",
        .examples =
            "cox plan sweeps/demo.yaml\n"
            "cox plan sweeps/demo.yaml --origins\n"
            "cox plan --json sweeps/demo.yaml --set seed=7 | jq '.runs[].digest'"};
  }

  void declare(CLI::App& app) override {
    specs_.declare(app);
    source_.declare(app);
    app.add_flag("--without-inputs", without_inputs_,
                 "Do not look for videos and model; digests and job counts stay empty");
    auto* json = app.add_flag("--json", json_, "Print one cox-plan/1 document for each file");
    app.add_flag("--origins", origins_,
                 "Also show where each value of each run was written; --json always does")
        ->excludes(json);
  }

  Result<ExitCode> run(Session& session) override {
    const auto chosen = [&] { return source_.choose(); };
    COX_ASSIGN_OR_RETURN(const auto plans, load(best_finder(chosen)));
    for (const sweep::SweepPlan& plan : plans) {
      session.out << (json_ ? sweep::plan_json(plan) : sweep::plan_text(plan));
      if (origins_) session.out << '\n' << sweep::origins_text(plan);
    }
    if (!json_ && plans.size() > 1) session.out << sweep::duplicates_text(plans);
    return kExitOk;
  }

 private:
  Result<std::vector<sweep::SweepPlan>> load(const sweep::FindBest& find_best) const {
    if (!without_inputs_) return specs_.load(find_best, true);
    std::vector<sweep::SweepPlan> plans;
    for (const std::string& path : specs_.paths) {
      COX_ASSIGN_OR_RETURN(
          sweep::SweepPlan plan,
          sweep::load_sweep_without_inputs(path, {specs_.overrides, find_best, false, true}));
      plans.push_back(std::move(plan));
    }
    return plans;
  }

  SpecOptions specs_;
  SourceOptions source_;  ///< for sweeps with `from_best`
  bool json_ = false;
  bool origins_ = false;
  bool without_inputs_ = false;
};

}  // namespace

CommandPtr make_plan() { return std::make_unique<Plan>(); }

}  // namespace cox::cli
