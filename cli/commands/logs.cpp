#include <poll.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <set>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/lookup.h"
#include "cli/options.h"
#include "cli/output/number.h"
#include "cli/progress/signals.h"

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
    COX_ASSIGN_OR_RETURN(const auto source, open_source(place));
    COX_ASSIGN_OR_RETURN(const std::string condition, condition_for(*source));
    if (follow_) return follow(session, *source, condition);
    COX_ASSIGN_OR_RETURN(const Rows rows, attempts(*source, condition));
    if (as_text) {
      if (rows.cells.empty()) session.say("no attempt has been made");
      tell(session, rows);
    } else {
      write_rows(session.out, rows, output_.layout(session.out_terminal, {"cox-logs", 1}));
    }
    return kExitOk;
  }

 private:
  Result<Rows> attempts(ResultSource& source, const std::string& condition) const {
    return source.query(concat(
        "SELECT series || '/' || run || '/' || video AS job, attempt, outcome, cause, worker,"
        " strftime('%Y-%m-%dT%H:%M:%SZ', granted_us / 1000000, 'unixepoch') AS granted,"
        " (ended_us - granted_us) / 1e6 AS held_s, message, log_tail FROM v_attempts WHERE ",
        condition, failed_ ? " AND outcome NOT IN ('done', 'open')" : "",
        " ORDER BY granted_us, job, attempt"));
  }

  /// Tells each attempt when it begins and again when it has ended. Ends when no job of what was
  /// asked for waits or runs, or with a signal.
  Result<ExitCode> follow(Session& session, ResultSource& source,
                          const std::string& condition) const {
    const StopSignals signals;
    std::set<std::vector<std::string>> told;
    while (true) {
      // Asked before the attempts: what ends in between is told in this round.
      COX_ASSIGN_OR_RETURN(const Rows open,
                           source.query(concat("SELECT count(*) FROM v_jobs WHERE ", condition,
                                               " AND state IN ('queued', 'blocked', 'leased')")));
      COX_ASSIGN_OR_RETURN(Rows rows, attempts(source, condition));
      std::erase_if(rows.cells, [&](const std::vector<Cell>& row) {
        return !told.insert({readable_cell("", row[0]), readable_cell("", row[1]),
                             readable_cell("", row[2])})
                    .second;
      });
      tell(session, rows);
      session.out << std::flush;
      if (!session.out) return kExitFailed;  // nobody reads on; main says why
      if (std::get<std::int64_t>(open.cells.front()[0]) == 0) return kExitOk;
      poll(nullptr, 0, kFollowPauseMs);
      if (signals.count() > 0) {
        return signals.last() == SIGTERM ? kExitTerminated : kExitInterrupted;
      }
    }
  }

  /// A job when one has that name, else a run.
  Result<std::string> condition_for(ResultSource& source) const {
    const Result<std::string> job = find_job(source, what_);
    if (job.is_ok()) return concat("job_digest = ", sql_text(*job));
    if (job.status().code() != StatusCode::kNotFound) return job.status();
    COX_ASSIGN_OR_RETURN(const RunName run, find_run(source, what_));
    return concat("run_digest = ", sql_text(run.digest));
  }

  static void tell(Session& session, const Rows& rows) {
    for (const auto& row : rows.cells) {
      std::vector<std::string> texts;
      for (size_t c = 0; c < row.size(); ++c)
        texts.push_back(readable_cell(rows.columns[c], row[c]));
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
