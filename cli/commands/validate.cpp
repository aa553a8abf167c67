#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/best_finder.h"
#include "coordinator/sweep/load_sweep.h"

namespace cox::cli {

namespace {

class Validate final : public Command {
 public:
  CommandText text() const override {
    return {.name = "validate",
            .summary = "Check sweep files and list all errors",
            .examples =
                "cox validate sweeps/demo.yaml\n"
                "cox validate --without-inputs sweeps/*.yaml"};
  }

  void declare(CLI::App& app) override {
    specs_.declare(app);
    source_.declare(app);
    output_.declare(app);
    app.add_flag("--without-inputs", without_inputs_,
                 "Do not look for the videos and the model of the sweep");
  }

  /// Continues after an invalid file: one call checks all files.
  Result<ExitCode> run(Session& session) override {
    Table rows{{"file", "series", "runs", "items", "jobs"}, {}};
    ExitCode exit_code = kExitOk;
    SeriesNames names;
    for (const std::string& path : specs_.paths) {
      const Result<sweep::SweepPlan> plan = load(path);
      const Status status = plan.is_ok() ? names.add(path, plan->series.name) : plan.status();
      if (status.is_ok()) {
        rows.rows.push_back(row_of(path, *plan));
      } else {
        const ExitCode failed = session.fail(status);
        if (exit_code == kExitOk) exit_code = failed;
      }
    }
    if (!rows.rows.empty()) {
      write_rows(session.out, rows, output_.layout(session.out_terminal, {"cox-validation", 1}));
    }
    return exit_code;
  }

 private:
  Result<sweep::SweepPlan> load(const std::string& path) const {
    const auto chosen = [&] { return source_.choose(); };
    const sweep::LoadOptions options{specs_.overrides, best_finder(chosen), true, true, true};
    return without_inputs_ ? sweep::load_sweep_without_inputs(path, options)
                           : sweep::load_sweep(path, options);
  }

  Row row_of(const std::string& path, const sweep::SweepPlan& plan) const {
    const auto runs = static_cast<std::int64_t>(plan.runs.size());
    if (without_inputs_) return {path, plan.series.name, runs, std::monostate{}, std::monostate{}};
    const auto videos = static_cast<std::int64_t>(plan.dataset.videos.size());
    return {path, plan.series.name, runs, videos,
            static_cast<std::int64_t>(sweep::count_jobs(plan).all)};
  }

  SpecOptions specs_;
  SourceOptions source_;  ///< for sweeps with `from_best`
  OutputOptions output_;
  bool without_inputs_ = false;
};

}  // namespace

CommandPtr make_validate() { return std::make_unique<Validate>(); }

}  // namespace cox::cli
