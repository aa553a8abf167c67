#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/row_selection.h"
#include "cli/select_results.h"
#include "cli/sources/query.h"
#include "coordinator/report/compare/importance.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/cell_json.h"
#include "coordinator/report/print/number.h"
#include "coordinator/report/print/wording.h"

namespace cox::cli {

namespace {

class Importance final : public Command {
 public:
  CommandText text() const override {
    return {.name = "importance",
            .summary = "Show which parameters of a series change a metric, with intervals",
            .examples =
                "cox importance demo\n"
                "cox importance demo --metric ssim --where \"method == 'lora'\"\n"
                "cox importance demo --json"};
  }

  void declare(CLI::App& app) override {
    app.add_option("SERIES", series_, "A series with results")->required()->type_name("");
    app.add_option("--metric", metric_, "A measured metric")
        ->capture_default_str()
        ->type_name("NAME");
    app.add_option("--where", where_, "Only runs for which this holds, as for cox results")
        ->type_name("EXPRESSION");
    source_.declare(app);
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    if (!metric_.empty()) COX_RETURN_IF_ERROR(report::metric_named(metric_).status());
    COX_ASSIGN_OR_RETURN(const Source source, source_.choose());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source));
    COX_ASSIGN_OR_RETURN(const std::vector<report::RunData> runs, selected_runs(query));
    COX_ASSIGN_OR_RETURN(const report::Metric metric, report::metric_or_default(metric_, runs));
    COX_ASSIGN_OR_RETURN(const report::SeriesImportance found, report::importance_of(runs, metric));
    print(session, found);
    return kExitOk;
  }

 private:
  /// The runs for which --where holds, with the replicates of one configuration averaged.
  Result<std::vector<report::RunData>> selected_runs(const report::Query& query) {
    const RowSelection selection = RowSelection::where(where_);
    COX_ASSIGN_OR_RETURN(const std::vector<std::string> wanted, selection.wanted());
    COX_ASSIGN_OR_RETURN(const SelectableRows rows, selectable_runs(query, series_, wanted, {}));
    COX_ASSIGN_OR_RETURN(const Table table, selection.apply(rows, notes_));
    std::set<std::string> names;
    for (const Row& row : table.rows) names.insert(std::get<std::string>(row.front()));
    COX_ASSIGN_OR_RETURN(std::vector<report::RunData> runs, report::load_runs(query, series_));
    std::erase_if(runs, [&](const report::RunData& run) { return !names.contains(run.name); });
    return report::with_replicates_averaged(std::move(runs));
  }

  static Table rows_of(const report::SeriesImportance& found) {
    Table table{{"parameter", "also", "levels", "importance", "low", "high", "p", "effect",
                 "best_level", "confounded"},
                {}};
    for (const report::ParameterImportance& parameter : found.parameters) {
      table.rows.push_back(
          {parameter.name, parameter.also.empty() ? Cell() : Cell(join(parameter.also, ", ")),
           static_cast<std::int64_t>(parameter.levels), parameter.importance,
           parameter.interval.low, parameter.interval.high, parameter.p, parameter.effect,
           parameter.best_level, static_cast<std::int64_t>(parameter.confounded)});
    }
    return table;
  }

  /// The same with the digits that carry meaning.
  static Table shown_rows(const report::SeriesImportance& found) {
    constexpr int kDecimals = 2;
    const std::string unit = found.metric.unit.empty() ? "" : " " + found.metric.unit;
    Table table{{"parameter", "levels", "importance", "95 %", "p", "effect", "best"}, {}};
    for (const report::ParameterImportance& parameter : found.parameters) {
      std::vector<std::string> names = {parameter.name};
      names.insert(names.end(), parameter.also.begin(), parameter.also.end());
      table.rows.push_back(
          {join(names, " + "), static_cast<std::int64_t>(parameter.levels),
           report::decimal(parameter.importance, kDecimals),
           report::interval_text(parameter.interval, kDecimals), report::p_text(parameter.p),
           report::decimal(parameter.effect, found.metric.decimals) + unit, parameter.best_level});
    }
    return table;
  }

  void print(Session& session, const report::SeriesImportance& found) const {
    const Layout layout = output_.layout(session.out_terminal, {"cox-importance", 1});
    if (layout.format == Format::kTable || layout.format == Format::kMarkdown) {
      session.out << fmt::format(
          "{} of {}: means of {} on the {} that all of them finished; the parameters explain "
          "{:.0f} % of their variance and leave {}\n\n",
          found.metric.name, found.series,
          report::counted(static_cast<std::int64_t>(found.runs), "run"),
          report::counted(static_cast<std::int64_t>(found.videos), found.item),
          100 * found.explained,
          report::counted(static_cast<std::int64_t>(found.free_runs), "degree") + " of freedom");
      write_rows(session.out, shown_rows(found), layout);
    } else {
      write_rows(session.out, rows_of(found), layout);
    }
    session.out.flush();
    for (const auto& sentences : {notes_, found.warnings}) {
      for (const std::string& sentence : sentences) session.note(sentence);
    }
  }

  SourceOptions source_;
  OutputOptions output_;
  std::string series_;
  std::string metric_;  ///< "" = the first that the series measured
  std::string where_;
  std::vector<std::string> notes_;
};

}  // namespace

CommandPtr make_importance() { return std::make_unique<Importance>(); }

}  // namespace cox::cli
