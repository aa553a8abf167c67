#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/needs.h"
#include "cli/options.h"
#include "cli/sources/query.h"
#include "coordinator/report/data/job_story.h"
#include "coordinator/report/data/names.h"
#include "coordinator/report/data/row_reader.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/print/cell_json.h"

namespace cox::cli {

namespace {

Table difference_rows(const report::JobStory& story) {
  Table table{{"field", "this run", story.nearest}, {}};
  const auto cell = [](const std::string& value) { return value.empty() ? Cell() : Cell(value); };
  for (const report::Difference& difference : story.differences) {
    table.rows.push_back({difference.field, cell(difference.ours), cell(difference.theirs)});
  }
  return table;
}

std::vector<std::string> users_of(const report::JobStory& story) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < story.uses.rows.size(); ++i) {
    const report::RowReader use(story.uses, i);
    names.push_back(fmt::format("{}/{}", use.text("series"), use.text("run")));
  }
  return names;
}

std::string json_text(const report::JobStory& story) {
  report::OrderedJson json = {
      {"format", "cox-why/1"},       {"job", story.digest},
      {"name", story.name},          {"state", story.state},
      {"reason", story.reason},      {"reuse", story.reuse},
      {"used_by", users_of(story)},  {"attempts", report::OrderedJson::array()},
      {"nearest_run", story.nearest}};
  for (std::size_t i = 0; i < story.attempts.rows.size(); ++i) {
    json["attempts"].push_back(report::json_row(story.attempts, i));
  }
  json["differences"] = report::OrderedJson::array();
  for (const report::Difference& d : story.differences) {
    json["differences"].push_back({{"field", d.field}, {"this", d.ours}, {"nearest", d.theirs}});
  }
  return report::json_document(json);
}

class Why final : public Command {
 public:
  CommandText text() const override {
    return {.name = "why",
            .summary = "Explain why a job ran, waits, was reused or failed",
            .examples =
                "cox why demo/adasteer/clip-003\n"
                "cox why 3fa9c1d2 --json"};
  }

  void declare(CLI::App& app) override {
    app.add_option("JOB", job_, "SERIES/RUN/ITEM, or 8 or more characters of the job's digest")
        ->required()
        ->type_name("");
    app.add_flag("--json", json_, "Print one cox-why/1 document");
    source_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const report::Query query, open_query(source_));
    COX_ASSIGN_OR_RETURN(const std::string digest, report::find_job(query, job_));
    COX_ASSIGN_OR_RETURN(report::JobStory story, report::job_story(query, digest));
    if (story.state == "queued") {
      COX_ASSIGN_OR_RETURN(const auto workers, report::connected_workers(query));
      const std::string unmet = unmet_needs(story.needs, workers);
      if (!unmet.empty()) story.reason = unmet;
    }
    if (json_) {
      session.out << json_text(story);
    } else {
      print(session, story);
    }
    return kExitOk;
  }

 private:
  static void print(Session& session, const report::JobStory& story) {
    std::ostream& out = session.out;
    out << story.name << " (job " << report::short_digest(story.digest) << ")\n"
        << story.state << ": " << story.reason << '\n';
    if (!story.reuse.empty()) out << story.reuse << '\n';
    if (story.uses.rows.size() > 1) {
      out << fmt::format("\nreused: job {} has {} names, and its result counts for each\n",
                         report::short_digest(story.digest), story.uses.rows.size());
      for (const std::string& name : users_of(story)) out << "  " << name << '\n';
    }
    if (!story.attempts.rows.empty()) {
      out << "\nattempts\n";
      write_table(out, story.attempts, session.out_terminal);
    }
    if (!story.nearest.empty()) {
      out << "\ndiffers from the nearest run, " << story.nearest << ", in\n";
      write_table(out, difference_rows(story), session.out_terminal);
    }
  }

  SourceOptions source_;
  std::string job_;
  bool json_ = false;
};

}  // namespace

CommandPtr make_why() { return std::make_unique<Why>(); }

}  // namespace cox::cli
