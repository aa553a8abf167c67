#include <fmt/format.h>
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
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/print/number.h"

namespace cox::cli {

namespace {

constexpr int kFollowPauseMs = 500;

class Logs final : public Command {
 public:
  CommandText text() const override {
    return {.name = "logs",
            .summary = "Show each attempt of a run or job with the end of its log",
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
    app.add_flag("-f,--follow", follow_,
                 "Continue printing attempts as they start and end, until none is left");
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

  static void tell(Session& session, const Table& table) {
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const report::RowReader row(table, i);
      const std::string outcome = row.text("outcome");
      const bool bad = outcome != "done" && outcome != "open";
      session.out << fmt::format(
          "{}  {}  attempt {} on {}  {}", row.text("granted"), row.text("job"),
          row.integer("attempt"), row.text("worker"),
          toned(session.out_terminal, bad ? Tone::kBad : Tone::kGood, outcome));
      if (!row.is_null("cause")) session.out << '(' << row.text("cause") << ')';
      if (!row.is_null("ran_s")) {
        session.out << fmt::format(" after {} s", report::readable_seconds(row.real("ran_s")));
      }
      session.out << '\n';
      const std::string message = row.text("message");
      if (!message.empty()) session.out << "    " << printable(message) << '\n';
      for (const std::string& line : split(row.text("log_tail"), '\n')) {
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
