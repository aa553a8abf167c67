#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <sstream>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/print_results.h"
#include "cli/sources/best_finder.h"
#include "cli/sources/predicted_time.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/print/latex.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/report/print/report_json.h"
#include "coordinator/report/print/report_rows.h"
#include "coordinator/sweep/load_sweep.h"

namespace cox::cli {

namespace {

/// A series to report on, with the notes of its sweep file; without a file the notes of the newest
/// submission are used.
struct Subject {
  std::string series;
  std::optional<report::SweepNotes> notes;
  std::optional<sweep::SweepPlan> plan = {};  ///< of its file, when its inputs are there
};

report::SweepNotes notes_of(const sweep::SweepPlan& plan, const std::string& file_text) {
  report::SweepNotes notes;
  notes.title = plan.series.title;
  notes.question = report::opening_comment(file_text);
  notes.baseline = plan.baseline;
  notes.tables = plan.tables;
  notes.controls.insert(plan.controls.begin(), plan.controls.end());
  for (const EquivalenceMargin& margin : plan.equivalence) {
    notes.margins[margin.metric] = margin.margin;
  }
  return notes;
}

class Report final : public Command {
 public:
  CommandText text() const override {
    return {.name = "report",
            .summary = "Report on a series: findings, paired differences, time, warnings, origin",
            .examples =
                "cox report demo > demo.md\n"
                "cox report sweeps/demo.yaml --out docs/demo.md\n"
                "cox report lr groups --baseline none --metric ssim --format csv\n"
                "cox report demo --format latex --out tables.tex"};
  }

  void declare(CLI::App& app) override {
    app.add_option(
           "SERIES", what_,
           "Series, or sweep files, whose title, baseline and tables replace those last submitted")
        ->required()
        ->type_name("");
    app.add_option("--baseline", options_.baseline,
                   "RUN or SERIES/RUN; replaces the sweep's baseline")
        ->type_name("RUN");
    app.add_option("--metric", options_.metric,
                   "Metric to compare (default psnr, or the first measured)")
        ->type_name("NAME");
    app.add_option("--category", options_.category,
                   "Also show differences by category of the videos: what the one group of this "
                   "regular expression matches in their ids, '^([a-z]+)_'")
        ->type_name("PATTERN");
    app.add_option("--format", format_, "Output format")
        ->check(CLI::IsMember({"md", "json", "csv", "latex"}))
        ->capture_default_str();
    app.add_option("--out", out_, "File to write instead of standard output")
        ->check(not_empty)
        ->type_name("FILE");
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    std::vector<Subject> subjects;
    for (const std::string& what : what_) {
      COX_ASSIGN_OR_RETURN(Subject subject, subject_of(what));
      subjects.push_back(std::move(subject));
    }
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    std::vector<report::SeriesReport> reports;
    for (const Subject& subject : subjects) {
      COX_RETURN_IF_ERROR(report::check_series(query, subject.series));
      COX_ASSIGN_OR_RETURN(report::SeriesReport made, report_on(query, subject));
      if (subject.plan) {
        COX_ASSIGN_OR_RETURN(made.predicted, predicted_time(query, *subject.plan));
      }
      reports.push_back(std::move(made));
    }
    report::relate_series(reports);
    const std::string page = printed(reports);
    if (out_.empty()) {
      session.out << page;
    } else {
      COX_RETURN_IF_ERROR(of_surroundings(write_file_atomically(out_, page)));
      session.say(fmt::format("wrote {}", out_));
    }
    return kExitOk;
  }

 private:
  Result<report::SeriesReport> report_on(const report::Query& query, const Subject& subject) const {
    if (subject.notes) return report::report_on(query, subject.series, *subject.notes, options_);
    COX_ASSIGN_OR_RETURN(const report::SweepNotes notes,
                         report::stored_notes(query, subject.series));
    return report::report_on(query, subject.series, notes, options_);
  }

  Result<Subject> subject_of(const std::string& what) const {
    if (!std::filesystem::is_regular_file(what)) return Subject{what, std::nullopt};
    const auto chosen = [&] { return source_.choose(); };
    COX_ASSIGN_OR_RETURN(const sweep::SweepPlan plan,
                         sweep::load_sweep_without_inputs(what, {{}, best_finder(chosen)}));
    COX_ASSIGN_OR_RETURN(const std::string text, read_file(what));
    Subject subject{plan.series.name, notes_of(plan, text)};
    // Without the inputs, nothing is predicted.
    Result<sweep::SweepPlan> whole = sweep::load_sweep(what, {{}, best_finder(chosen)});
    if (whole.is_ok()) subject.plan = std::move(whole).value();
    return subject;
  }

  std::string printed(const std::vector<report::SeriesReport>& reports) const {
    if (format_ == "json") return report::report_json(reports);
    std::ostringstream page;
    if (format_ == "csv") {
      write_csv(page, report::report_rows(reports));
      return page.str();
    }
    const bool is_latex = format_ == "latex";
    for (std::size_t i = 0; i < reports.size(); ++i) {
      page << (i > 0 ? "\n" : "")
           << (is_latex ? report::report_latex(reports[i]) : report::report_markdown(reports[i]));
    }
    return page.str();
  }

  SourceOptions source_;
  std::vector<std::string> what_;
  report::ReportOptions options_;
  std::string format_ = "md";
  std::string out_;
};

}  // namespace

CommandPtr make_report() { return std::make_unique<Report>(); }

}  // namespace cox::cli
