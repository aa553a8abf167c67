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
    app.add_option("RUN|JOB", what_, "SERIES/RUN, SERIES/RUN/ITEM or part of a digest")
        ->required()
        ->type_name("");
    app.add_flag("--failed", failed_, "Only attempts that did not end with a result");
    app.add_flag("-f,--follow", follow_,
                 "Print further attempts as they start and end, until no job is left");
    source_.declare(app);
    output_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    const bool as_text = output_.format == "table" && !output_.json && !output_.quiet;
    if (follow_ && !as_text) {
      return invalid_argument("--follow prints text: omit --format, --json and --quiet");
    }
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source_));
    COX_ASSIGN_OR_RETURN(const std::string condition, report::jobs_named(query, what_));
    if (follow_) return follow(session, query, condition);
    COX_ASSIGN_OR_RETURN(const Table rows, report::attempts_of(query, condition, failed_));
    if (as_text) {
      if (rows.rows.empty()) session.say("no attempts yet");
      print(session, rows);
    } else {
      write_rows(session.out, rows, output_.layout(session.out_terminal, {"cox-logs", 1}));
    }
    return kExitOk;
  }

 private:
  /// Prints each attempt when it starts and again when it has ended, until none of the jobs waits
  /// or runs, or until a signal.
  Result<ExitCode> follow(Session& session, const report::Query& query,
                          const std::string& condition) const {
    const StopSignals signals;
    std::set<std::vector<std::string>> printed;
    while (true) {
      // Counted before the attempts are read, so that one that ends in between is printed.
      COX_ASSIGN_OR_RETURN(const std::int64_t open, report::open_jobs(query, condition));
      COX_ASSIGN_OR_RETURN(Table rows, report::attempts_of(query, condition, failed_));
      std::erase_if(rows.rows, [&](const Row& row) {
        return !printed
                    .insert({report::readable_cell("", row[0]), report::readable_cell("", row[1]),
                             report::readable_cell("", row[2])})
                    .second;
      });
      print(session, rows);
      session.out << std::flush;
      if (!session.out) return kExitFailed;  // the reader is gone; main reports it
      if (open == 0) return kExitOk;
      poll(nullptr, 0, kFollowPauseMs);
      if (signals.count() > 0) {
        return signals.last() == SIGTERM ? kExitTerminated : kExitInterrupted;
      }
    }
  }

  static void print(Session& session, const Table& table) {
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

  SourceOptions source_;
  OutputOptions output_;
  std::string what_;
  bool failed_ = false;
  bool follow_ = false;
};

}  // namespace

CommandPtr make_logs() { return std::make_unique<Logs>(); }

}  // namespace cox::cli
