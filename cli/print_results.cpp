#include "cli/print_results.h"

#include <fmt/format.h>

#include "base/text.h"
#include "coordinator/report/data/declared_columns.h"
#include "coordinator/report/data/replicates.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/declared_table.h"
#include "coordinator/report/print/series_tables.h"
#include "coordinator/report/print/text_table.h"

namespace cox::cli {

namespace {

constexpr std::size_t kMaxShownFailures = 20;
constexpr std::size_t kMaxNamedRuns = 4;

/// Failures are for people: machine formats have `cox results --failures`.
void say_failures(const Session& session, const std::vector<report::RunData>& runs,
                  const std::string& series) {
  const std::vector<report::SharedFailure> failures = report::shared_failures(runs);
  for (std::size_t i = 0; i < failures.size() && i < kMaxShownFailures; ++i) {
    const report::SharedFailure& failure = failures[i];
    const Tone tone = failure.expected ? Tone::kFaint : Tone::kBad;
    session.say(fmt::format("{} {}: {}; in {}",
                            toned(session.err_terminal, tone, printable(failure.what)),
                            printable(failure.video), printable(failure.message),
                            join_first(failure.runs, kMaxNamedRuns)));
  }
  if (failures.size() > kMaxShownFailures) {
    session.say(fmt::format("and {} more: cox results {} --failures",
                            failures.size() - kMaxShownFailures, series));
  }
}

void write_results(Session& session, const report::Table& table,
                   const report::SeriesResults& results, const Layout& layout) {
  const std::string item = report::item_word(results.runs);
  write_rows(session.out, layout.for_people() ? report::under_item_word(table, item) : table,
             layout);
}

Status print_tables(Session& session, const report::Query& query,
                    const report::SeriesResults& results, const std::vector<ResultTable>& tables,
                    const Layout& layout) {
  const std::vector<report::RunData> averaged = report::with_replicates_averaged(results.runs);
  COX_ASSIGN_OR_RETURN(const report::DeclaredColumns others,
                       report::load_declared_columns(query, results.runs.front().series,
                                                     report::columns_of(tables), averaged));
  for (const ResultTable& table : tables) {
    if (layout.for_people()) {
      session.out << (layout.format == Format::kMarkdown ? "### " : "") << table.title << "\n\n";
    }
    write_results(session, report::declared_table(averaged, results.metrics, others, table),
                  results, layout);
    if (layout.format != Format::kJson && layout.format != Format::kIds) session.out << '\n';
  }
  return Status::ok();
}

}  // namespace

Status print_results(Session& session, const report::Query& query, const std::string& series,
                     const std::vector<ResultTable>& tables, const OutputOptions& output) {
  const Layout layout = output.layout(session.out_terminal, {"cox-results", 1});
  COX_ASSIGN_OR_RETURN(const report::SeriesResults results,
                       report::load_series_results(query, series));
  if (tables.empty()) {
    write_results(session, report::series_means(results), results, layout);
  } else {
    COX_RETURN_IF_ERROR(print_tables(session, query, results, tables, layout));
  }
  session.out.flush();
  if (layout.format != Format::kTable) return Status::ok();
  say_failures(session, results.runs, series);
  for (const std::string& warning : results.warnings) session.note(warning);
  return Status::ok();
}

}  // namespace cox::cli
