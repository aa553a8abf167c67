#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/best_finder.h"
#include "cli/sources/measured_runs.h"
#include "cli/sources/query.h"
#include "coordinator/sweep/load_sweep.h"
#include "coordinator/sweep/plan_json.h"
#include "coordinator/sweep/plan_text.h"
#include "coordinator/sweep/price.h"

namespace cox::cli {

namespace {

class Plan final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "plan",
        .summary = "Show the exact runs and jobs of sweep files, and what they cost; run nothing",
        .examples =
            "cox plan sweeps/demo.yaml\n"
            "cox plan sweeps/demo.yaml --origins\n"
            "cox plan --json sweeps/demo.yaml --set seed=7 | jq '.runs[].digest'\n"
            "cox plan sweeps/adasteer/*.yaml --price --without-inputs --videos 100 --workers 8"};
  }

  void declare(CLI::App& app) override {
    specs_.declare(app);
    source_.declare(app);
    auto* without =
        app.add_flag("--without-inputs", without_inputs_,
                     "Do not look for videos and model; digests and job counts stay empty");
    auto* json = app.add_flag("--json", json_, "Print one cox-plan/1 document for each file");
    auto* origins =
        app.add_flag("--origins", origins_,
                     "Also show where each value of each run was written; --json always does");
    origins->excludes(json);
    app.add_flag("--price", price_only_,
                 "Print only the price of all files together; with --json as cox-price/1")
        ->excludes(origins);
    app.add_option("--device-model", device_, "Device whose measured rates price the work")
        ->capture_default_str()
        ->type_name("NAME");
    app.add_option("--workers", options_.workers, "Workers of that device, for the finish time")
        ->capture_default_str()
        ->type_name("N");
    app.add_option("--videos", options_.videos,
                   "With --without-inputs: price this many videos of each data set")
        ->needs(without)
        ->capture_default_str()
        ->type_name("N");
  }

  Result<ExitCode> run(Session& session) override {
    const auto chosen = [&] { return source_.choose(); };
    COX_ASSIGN_OR_RETURN(options_.device, sweep::device_model(device_));
    COX_ASSIGN_OR_RETURN(const auto plans, load(best_finder(chosen)));
    COX_RETURN_IF_ERROR(read_measured());
    COX_ASSIGN_OR_RETURN(const sweep::PlanPrice price, sweep::price_of(plans, options_));
    if (price_only_) {
      session.out << (json_ ? sweep::price_json(price) : sweep::price_text(price));
      return kExitOk;
    }
    for (const sweep::SweepPlan& plan : plans) {
      COX_RETURN_IF_ERROR(print(plan, session));
    }
    if (json_) return kExitOk;
    if (plans.size() > 1) session.out << sweep::duplicates_text(plans);
    session.out << '\n' << sweep::price_text(price);
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

  /// Reads what a named database or coordinator knows; without a name every time is counted.
  Status read_measured() {
    if (source_.database.empty() && source_.coordinator.empty()) return Status::ok();
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    COX_ASSIGN_OR_RETURN(options_.measured, measured_runs(query));
    return Status::ok();
  }

  Status print(const sweep::SweepPlan& plan, Session& session) const {
    if (json_) {
      COX_ASSIGN_OR_RETURN(const sweep::PlanPrice price, sweep::price_of({plan}, options_));
      session.out << sweep::plan_json(plan, &price);
      return Status::ok();
    }
    session.out << sweep::plan_text(plan);
    if (origins_) session.out << '\n' << sweep::origins_text(plan);
    return Status::ok();
  }

  SpecOptions specs_;
  SourceOptions source_;  ///< for sweeps with `from_best`, and for measured times
  sweep::PriceOptions options_;
  std::string device_ = "h200";
  bool price_only_ = false;
  bool json_ = false;
  bool origins_ = false;
  bool without_inputs_ = false;
};

}  // namespace

CommandPtr make_plan() { return std::make_unique<Plan>(); }

}  // namespace cox::cli
