#include "cli/results/print_results.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "cli/output/number.h"
#include "cli/results/series_results.h"

namespace cox::cli {

namespace {

constexpr size_t kMaxShownFailures = 20;
constexpr size_t kMaxNamedRuns = 4;

/// Failures are for people: machine formats have `cox results --failures`. A broken video fails in
/// every run: that is said once.
Status say_failures(Session& session, ResultSource& source, const std::string& series) {
  COX_ASSIGN_OR_RETURN(const Rows failures, series_failures(source, series));
  std::vector<std::pair<std::string, std::vector<std::string>>> runs_by_text;
  for (const auto& row : failures.cells) {
    std::vector<std::string> texts;
    for (const Cell& cell : row) texts.push_back(printable(readable_cell("", cell)));
    const bool expected = texts[5] == "yes";
    const std::string what =
        concat(expected ? "failed as expected" : texts[2], " (", texts[3], ")");
    const std::string text =
        concat(toned(session.err_terminal, expected ? Tone::kFaint : Tone::kBad, what), ' ',
               texts[1], ": ", texts[7], "; in ");
    const auto same = std::find_if(runs_by_text.begin(), runs_by_text.end(),
                                   [&](const auto& known) { return known.first == text; });
    auto& runs = same == runs_by_text.end()
                     ? runs_by_text.emplace_back(text, std::vector<std::string>{}).second
                     : same->second;
    runs.push_back(texts[0]);
  }
  for (size_t i = 0; i < runs_by_text.size() && i < kMaxShownFailures; ++i) {
    session.say(concat(runs_by_text[i].first, join_first(runs_by_text[i].second, kMaxNamedRuns)));
  }
  if (runs_by_text.size() > kMaxShownFailures) {
    session.say(concat("and ", runs_by_text.size() - kMaxShownFailures, " more: cox results ",
                       series, " --failures"));
  }
  return Status::ok();
}

}  // namespace

Status print_results(Session& session, ResultSource& source, const std::string& series,
                     const std::vector<ResultTable>& tables, const OutputOptions& output) {
  const Layout layout = output.layout(session.out_terminal, {"cox-results", 1});
  if (tables.empty()) {
    COX_ASSIGN_OR_RETURN(const Rows rows, series_means(source, series));
    write_rows(session.out, rows, layout);
  }
  for (const ResultTable& table : tables) {
    COX_ASSIGN_OR_RETURN(const Rows rows, sweep_table(source, series, table));
    if (layout.format == Format::kTable || layout.format == Format::kMarkdown) {
      session.out << (layout.format == Format::kMarkdown ? "### " : "") << table.title << "\n\n";
    }
    write_rows(session.out, rows, layout);
    if (layout.format != Format::kJson && layout.format != Format::kIds) session.out << '\n';
  }
  session.out.flush();
  if (layout.format != Format::kTable) return Status::ok();
  COX_RETURN_IF_ERROR(say_failures(session, source, series));
  COX_ASSIGN_OR_RETURN(const auto warnings, warnings_about(source, series));
  for (const std::string& warning : warnings) {
    session.say(concat(toned(session.err_terminal, Tone::kWarning, "note:"), ' ', warning));
  }
  return Status::ok();
}

}  // namespace cox::cli
