#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/row_selection.h"
#include "cli/sources/query.h"
#include "coordinator/report/compare/item_differences.h"
#include "coordinator/report/compare/named_comparison.h"
#include "coordinator/report/compare/set_comparison.h"
#include "coordinator/report/data/named_run.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/markdown.h"
#include "coordinator/report/print/report_json.h"
#include "coordinator/report/print/report_rows.h"
#include "coordinator/report/print/text_table.h"
#include "coordinator/report/print/wording.h"
#include "schemas/metric_schema.h"

namespace cox::cli {

namespace {

/// The columns that fit a terminal; the other formats have all.
const std::vector<std::string> kShownColumns = {
    "run", "metric",     "pairs", "difference", "low",  "high",     "p_family",
    "p",   "p_wilcoxon", "wins",  "losses",     "ties", "effect_g", "detectable"};

Table only_columns(const Table& table, const std::vector<std::string>& names) {
  Table less{names, std::vector<Row>(table.rows.size())};
  for (const std::string& name : names) {
    const auto column = static_cast<std::size_t>(
        std::find(table.columns.begin(), table.columns.end(), name) - table.columns.begin());
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      less.rows[r].push_back(table.rows[r][column]);
    }
  }
  return less;
}

class Compare final : public Command {
 public:
  CommandText text() const override {
    return {.name = "compare",
            .summary = "Compare runs with a baseline, item by item: difference, interval, p, wins",
            .examples =
                "cox compare demo/none demo/adasteer-4\n"
                "cox compare none adasteer-4 full --metric ssim\n"
                "cox compare demo/none 'demo/lora-*' demo/full\n"
                "cox compare none full --items --limit 10\n"
                "cox compare none full --category '^([a-z]+)_'\n"
                "cox compare none full --format json > none-full.json"};
  }

  void declare(CLI::App& app) override {
    app.add_option("BASELINE", baseline_,
                   "The run to compare with, as for `cox show`; replicates without their -rN")
        ->required()
        ->type_name("");
    app.add_option("RUN", runs_,
                   "Runs to compare with it: names, series, or patterns in quotes ('demo/lora-*')")
        ->required()
        ->type_name("");
    app.add_option("--metric", metric_,
                   "A measured metric (default: psnr, or the first that the baseline measured)")
        ->type_name("NAME");
    app.add_option("--margin", margin_,
                   "Also test equivalence within this difference, in the metric's unit")
        ->check(above_zero)
        ->type_name("NUMBER");
    app.add_flag("--items", items_, "One row for each item: which gain and which lose");
    app.add_option("--category", category_,
                   "One row for each category of items: what the group of this regular expression "
                   "matches in their ids; with --items a column")
        ->type_name("PATTERN");
    selection_.declare(app);
    source_.declare(app);
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    if (!metric_.empty()) COX_RETURN_IF_ERROR(report::metric_named(metric_).status());
    const bool of_set = !metric_.empty() && find_metric(metric_)->scope == MetricScope::kSet;
    if (of_set) COX_RETURN_IF_ERROR(check_options_of_set());
    const bool rows = items_ || !category_.empty();
    if (!rows && selection_.any()) {
      return invalid_argument(
          "--where, --sort, --columns and --limit select rows of --items or --category");
    }
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source_));
    if (of_set) return compare_sets(session, query);
    COX_ASSIGN_OR_RETURN(const report::NamedComparison named,
                         report::compare_named(query, baseline_, runs_, metric_, margin_));
    if (rows) return print_rows(session, named);
    print(session, named.comparisons, named.warnings);
    return kExitOk;
  }

 private:
  Result<ExitCode> print_rows(Session& session, const report::NamedComparison& named) const {
    COX_ASSIGN_OR_RETURN(Table table, items_ ? report::item_rows(named, category_)
                                             : report::category_rows(named, category_));
    std::vector<std::string> notes;
    if (selection_.any()) {
      const auto none = [](std::size_t, const std::string&) { return std::optional<Value>(); };
      COX_ASSIGN_OR_RETURN(
          table,
          selection_.apply({table, {"run", items_ ? "video" : "category"}, {}, none}, notes));
    }
    const JsonSchema schema{items_ ? "cox-comparison-items" : "cox-comparison-categories", 1};
    const Layout layout = output_.layout(session.out_terminal, schema);
    if (layout.format == Format::kTable) {
      for (const report::Comparison& comparison : named.comparisons) {
        session.out << report::sentence(comparison) << '\n';
      }
      session.out << '\n';
    }
    if (layout.for_people() && !selection_.any()) {
      table = report::under_item_word(std::move(table), report::item_word(named.comparisons));
    }
    write_rows(session.out, table, layout);
    session.out.flush();
    for (const auto& sentences : {notes, named.warnings}) {
      for (const std::string& sentence : sentences) session.note(sentence);
    }
    return kExitOk;
  }

  /// Options that need a value for each item.
  Status check_options_of_set() const {
    const std::pair<const char*, bool> options[] = {
        {"--margin", margin_ > 0}, {"--items", items_}, {"--category", !category_.empty()}};
    for (const auto& [option, given] : options) {
      if (!given) continue;
      return invalid_argument(fmt::format(
          "{} needs a value for each item; {} has one value for a run", option, metric_));
    }
    return Status::ok();
  }

  /// One value for each run over the common videos, with a bootstrap interval of the difference.
  Result<ExitCode> compare_sets(Session& session, const report::Query& query) const {
    COX_ASSIGN_OR_RETURN(const std::vector<report::RunData> runs,
                         report::load_to_compare(query, baseline_, runs_));
    COX_ASSIGN_OR_RETURN(std::vector<std::string> warnings, report::warnings_on(query, runs, {}));
    COX_ASSIGN_OR_RETURN(const auto comparisons,
                         report::compare_named_sets(query, metric_, runs, warnings));
    write_rows(session.out, report::set_rows(comparisons),
               output_.layout(session.out_terminal, {"cox-set-comparison", 1}));
    session.out.flush();
    for (const std::string& warning : warnings) session.note(warning);
    return kExitOk;
  }

  void print(Session& session, const std::vector<report::Comparison>& comparisons,
             const std::vector<std::string>& warnings) const {
    const Layout layout = output_.layout(session.out_terminal, {"cox-comparison", 1});
    if (layout.format == Format::kJson) {
      session.out << report::comparison_json(comparisons, warnings);
      return;
    }
    if (layout.format == Format::kMarkdown) {
      session.out << report::comparison_markdown(comparisons, warnings);
      return;
    }
    if (layout.format == Format::kTable) {
      for (const report::Comparison& comparison : comparisons) {
        session.out << report::sentence(comparison) << '\n';
      }
      session.out << '\n';
    }
    Table table = report::comparison_rows(comparisons);
    if (layout.format == Format::kTable) table = only_columns(table, kShownColumns);
    write_rows(session.out, table, layout);
    session.out.flush();
    for (const std::string& warning : warnings) session.note(warning);
  }

  SourceOptions source_;
  OutputOptions output_;
  RowSelection selection_;
  bool items_ = false;
  std::string category_;
  std::string baseline_;
  std::vector<std::string> runs_;
  std::string metric_;  ///< "" = the first that the baseline measured
  double margin_ = 0;   ///< 0 = not requested
};

}  // namespace

CommandPtr make_compare() { return std::make_unique<Compare>(); }

}  // namespace cox::cli
