#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/named_run.h"
#include "coordinator/report/data/run_means.h"
#include "coordinator/report/vbench/table.h"

namespace cox::cli {

namespace {

/// The results of the items that are for the dimension.
report::RunData for_dimension(const report::RunData& run, const std::string& dimension) {
  report::RunData part;
  for (const report::VideoResult& result : run.results) {
    const auto& names = result.dimensions;
    if (std::find(names.begin(), names.end(), dimension) != names.end()) {
      part.results.push_back(result);
    }
  }
  return part;
}

bool has_dimensions(const report::RunData& run) {
  return std::any_of(run.results.begin(), run.results.end(),
                     [](const auto& result) { return !result.dimensions.empty(); });
}

/// The scores of a run that the product measured, over the items that are for each dimension, or,
/// where items name none, over those that have all of them.
Result<report::MeasuredVbench> measured_by_us(const report::Query& query, const std::string& name) {
  COX_ASSIGN_OR_RETURN(const report::RunData run, report::load_named_run(query, name));
  report::MeasuredVbench measured{name, {}, 0};
  const bool by_item = has_dimensions(run);
  for (const report::VbenchDimension& dimension : report::vbench_dimensions()) {
    const std::string metric(dimension.name);
    const report::Summary summary =
        report::metric_summary(by_item ? for_dimension(run, metric) : run, metric);
    if (!summary.mean) continue;
    const bool is_first = measured.scores.empty();
    if (by_item) {
      measured.videos = run.results.size();
      measured.scores[metric] = *summary.mean;
      continue;
    }
    if (!is_first && summary.count != *measured.videos) {
      return failed_precondition(
          fmt::format("{}: {} covers {} items, the dimensions before it {}; one table needs the "
                      "same items, or "
                      "items that name their dimensions (cox dataset index --layout vbench)",
                      name, metric, summary.count, *measured.videos));
    }
    measured.videos = summary.count;
    measured.scores[metric] = *summary.mean;
  }
  if (!measured.scores.empty()) return measured;
  return failed_precondition(
      fmt::format("{} has measured no dimension of VBench; list subject_consistency, "
                  "temporal_flickering, ... in "
                  "the sweep's metrics",
                  name));
}

class Vbench final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "vbench",
        .summary = "Show VBench scores: normalized totals, published rows next to measured ones",
        .examples =
            "cox vbench demo/none demo/stas\n"
            "cox vbench --scores wan=evaluation_results/wan_eval_results.json\n"
            "cox vbench wan/none --scores wan/none=semantic_eval_results.json "
            "--published docs/published/vbench-stas.json --format md"};
  }

  void declare(CLI::App& app) override {
    app.add_option("RUN", runs_, "Runs that measured dimensions of VBench")->type_name("");
    app.add_option(
           "--scores", files_,
           "NAME=FILE: results of VBench's evaluate.py; several of one name, or of a RUN, are "
           "one row")
        ->type_name("NAME=FILE");
    app.add_option("--published", published_, "A table to show next to the measured rows")
        ->type_name("FILE");
    source_.declare(app);
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(std::vector<report::MeasuredVbench> rows, measured_rows());
    for (const std::string& named : files_) COX_RETURN_IF_ERROR(add_file(named, rows));
    std::optional<report::PublishedVbench> published;
    if (!published_.empty()) {
      COX_ASSIGN_OR_RETURN(published, report::read_published_vbench(published_));
    }
    if (rows.empty() && !published) {
      return invalid_argument(
          "nothing to show: name a RUN, --scores NAME=FILE or --published FILE");
    }
    print(session, report::vbench_rows(rows, published));
    session.out.flush();
    if (published) session.note(fmt::format("published: {}", published->source));
    session.note(
        "VBench's published scores are over its own prompts and whole videos; rows over other "
        "items, or over the scored frames only, do not compare with them");
    return kExitOk;
  }

 private:
  Result<std::vector<report::MeasuredVbench>> measured_rows() const {
    std::vector<report::MeasuredVbench> rows;
    if (runs_.empty()) return rows;
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    for (const std::string& name : runs_) {
      COX_ASSIGN_OR_RETURN(report::MeasuredVbench row, measured_by_us(query, name));
      rows.push_back(std::move(row));
    }
    return rows;
  }

  /// Adds the scores of a file to the row of its name. No dimension may come from two places.
  static Status add_file(const std::string& named, std::vector<report::MeasuredVbench>& rows) {
    const std::size_t equals = named.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == named.size()) {
      return invalid_argument(fmt::format("--scores: expected NAME=FILE, got '{}'", named));
    }
    const std::string name = named.substr(0, equals);
    COX_ASSIGN_OR_RETURN(const report::VbenchScores scores,
                         report::read_vbench_results(named.substr(equals + 1)));
    auto row = std::find_if(rows.begin(), rows.end(), [&](const report::MeasuredVbench& known) {
      return known.name == name;
    });
    if (row == rows.end()) row = rows.insert(rows.end(), {name, {}, std::nullopt});
    for (const auto& [dimension, score] : scores) {
      if (row->scores.emplace(dimension, score).second) continue;
      return invalid_argument(
          fmt::format("{}: {} of '{}' is measured already", named, dimension, name));
    }
    return Status::ok();
  }

  void print(Session& session, const Table& rows) const {
    const Layout layout = output_.layout(session.out_terminal, {"cox-vbench", 1});
    if (layout.format == Format::kMarkdown) {
      session.out << report::markdown(report::vbench_table(rows));
    } else if (layout.format == Format::kTable) {
      const report::TextTable text = report::vbench_table(rows);
      Table strings{text.columns, {}};
      for (const std::vector<std::string>& cells : text.rows) {
        strings.rows.emplace_back(cells.begin(), cells.end());
      }
      write_rows(session.out, strings, layout);
    } else {
      write_rows(session.out, rows, layout);
    }
  }

  SourceOptions source_;
  OutputOptions output_;
  std::vector<std::string> runs_;
  std::vector<std::string> files_;
  std::string published_;
};

}  // namespace

CommandPtr make_vbench() { return std::make_unique<Vbench>(); }

}  // namespace cox::cli
