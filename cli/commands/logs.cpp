#include <poll.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <set>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress/signals.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/attempts.h"
#include "coordinator/report/print/number.h"

namespace cox::cli {

namespace {

constexpr int kFollowPauseMs = 500;

class Logs final : public Command {
 public:
  CommandText text() const override {
    return {.name = "logs",
            .summary = "What each attempt of a run or job said, with the end of its log",
            .examples =
                "cox logs demo/adasteer\n"
                "cox logs demo/adasteer --follow\n"
                "cox logs demo/adasteer/clip-003"};
  }

  void declare(CLI::App& app) override {
    app.add_option("RUN|JOB", what_, "SERIES/RUN, SERIES/RUN/VIDEO or part of a digest")
        ->required()
        ->type_name("");
    app.add_flag("--failed", failed_, "Only attempts that did not end with a result");
    app.add_flag("-f,--follow", follow_, "Go on as attempts begin and end, until none is left");
    place_.declare(app);
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    const bool as_text = output_.format == "table" && !output_.json && !output_.quiet;
    if (follow_ && !as_text) {
      return invalid_argument("--follow prints text: drop --format, --json or --quiet");
    }
    COX_ASSIGN_OR_RETURN(const Place place, place_.choose());
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(place));
    COX_ASSIGN_OR_RETURN(const std::string condition, report::jobs_named(query, what_));
    if (follow_) return follow(session, query, condition);
    COX_ASSIGN_OR_RETURN(const Table rows, report::attempts_of(query, condition, failed_));
    if (as_text) {
      if (rows.rows.empty()) session.say("no attempt has been made");
      tell(session, rows);
    } else {
      write_rows(session.out, rows, output_.layout(session.out_terminal, {"cox-logs", 1}));
    }
    return kExitOk;
  }

 private:
  /// Tells each attempt when it begins and again when it has ended. Ends when no job of what was
  /// asked for waits or runs, or with a signal.
  Result<ExitCode> follow(Session& session, const report::Query& query,
                          const std::string& condition) const {
    const StopSignals signals;
    std::set<std::vector<std::string>> told;
    while (true) {
      // Asked before the attempts: what ends in between is told in this round.
      COX_ASSIGN_OR_RETURN(const std::int64_t open, report::open_jobs(query, condition));
      COX_ASSIGN_OR_RETURN(Table rows, report::attempts_of(query, condition, failed_));
      std::erase_if(rows.rows, [&](const Row& row) {
        return !told.insert({report::readable_cell("", row[0]), report::readable_cell("", row[1]),
                             report::readable_cell("", row[2])})
                    .second;
      });
      tell(session, rows);
      session.out << std::flush;
      if (!session.out) return kExitFailed;  // nobody reads on; main says why
      if (open == 0) return kExitOk;
      poll(nullptr, 0, kFollowPauseMs);
      if (signals.count() > 0) {
        return signals.last() == SIGTERM ? kExitTerminated : kExitInterrupted;
      }
    }
  }

  static void tell(Session& session, const Table& rows) {
    for (const auto& row : rows.rows) {
      std::vector<std::string> texts;
      for (size_t c = 0; c < row.size(); ++c)
        texts.push_back(report::readable_cell(rows.columns[c], row[c]));
      const bool bad = texts[2] != "done" && texts[2] != "open";
      session.out << texts[5] << "  " << texts[0] << "  attempt " << texts[1] << " on " << texts[4]
                  << "  " << toned(session.out_terminal, bad ? Tone::kBad : Tone::kGood, texts[2]);
      if (texts[3] != "-") session.out << '(' << texts[3] << ')';
      if (texts[6] != "-") session.out << " after " << texts[6] << " s";
      session.out << '\n';
      if (texts[7] != "-" && !texts[7].empty())
        session.out << "    " << printable(texts[7]) << '\n';
      if (texts[8] == "-") continue;
      for (const std::string& line : split(texts[8], '\n')) {
        if (!line.empty()) session.out << "    | " << printable(line) << '\n';
      }
    }
  }

  PlaceOptions place_;
  OutputOptions output_;
  std::string what_;
  bool failed_ = false;
  bool follow_ = false;
};

}  // namespace

CommandPtr make_logs() { return std::make_unique<Logs>(); }

}  // namespace cox::cli
