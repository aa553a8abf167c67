#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/lookup.h"
#include "cli/options.h"
#include "cli/output/number.h"
#include "cli/results/job_story.h"

namespace cox::cli {

namespace {

Rows difference_rows(const JobStory& story) {
  Rows rows{{"field", "this run", story.nearest}, {}};
  const auto cell = [](const std::string& value) {
    return value.empty() ? Cell(std::monostate{}) : Cell(value);
  };
  for (const Difference& difference : story.differences) {
    rows.cells.push_back({difference.field, cell(difference.ours), cell(difference.theirs)});
  }
  return rows;
}

std::string json_text(const JobStory& story) {
  using Json = nlohmann::ordered_json;
  Json json = {{"format", "cox-why/1"},     {"job", story.digest},
               {"name", story.name},        {"state", story.state},
               {"reason", story.reason},    {"used_by", Json::array()},
               {"attempts", Json::array()}, {"nearest_run", story.nearest}};
  for (const auto& row : story.uses.cells) {
    json["used_by"].push_back(concat(readable_cell("", row[0]), '/', readable_cell("", row[1])));
  }
  for (const auto& row : story.attempts.cells) {
    Json attempt;
    for (size_t c = 0; c < row.size(); ++c) {
      std::visit(
          [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
              attempt[story.attempts.columns[c]] = nullptr;
            } else {
              attempt[story.attempts.columns[c]] = value;
            }
          },
          row[c]);
    }
    json["attempts"].push_back(attempt);
  }
  json["differences"] = Json::array();
  for (const Difference& d : story.differences) {
    json["differences"].push_back({{"field", d.field}, {"this", d.ours}, {"nearest", d.theirs}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

class Why final : public Command {
 public:
  CommandText text() const override {
    return {.name = "why",
            .summary = "Why a job ran, waits, was reused or failed",
            .examples =
                "cox why demo/adasteer/clip-003\n"
                "cox why 3fa9c1d2 --json"};
  }

  void declare(CLI::App& app) override {
    app.add_option("JOB", job_, "SERIES/RUN/VIDEO, or 8 or more characters of the job's digest")
        ->required()
        ->type_name("");
    app.add_flag("--json", json_, "One cox-why/1 document");
    place_.declare(app);
  }

  Result<ExitCode> run(Session& session) override {
    COX_ASSIGN_OR_RETURN(const Place place, place_.choose());
    COX_ASSIGN_OR_RETURN(const auto source, open_source(place));
    COX_ASSIGN_OR_RETURN(const std::string digest, find_job(*source, job_));
    COX_ASSIGN_OR_RETURN(const JobStory story, job_story(*source, digest));
    if (json_) {
      session.out << json_text(story);
    } else {
      tell(session, story);
    }
    return kExitOk;
  }

 private:
  static void tell(Session& session, const JobStory& story) {
    std::ostream& out = session.out;
    out << story.name << " (job " << story.digest.substr(0, 12) << ")\n"
        << story.state << ": " << story.reason << '\n';
    if (story.uses.cells.size() > 1) {
      out << "\nreused: one result counts for\n";
      for (const auto& row : story.uses.cells) {
        out << "  " << readable_cell("", row[0]) << '/' << readable_cell("", row[1]) << '\n';
      }
    }
    if (!story.attempts.cells.empty()) {
      out << "\nattempts\n";
      write_table(out, story.attempts, session.out_terminal);
    }
    if (!story.nearest.empty()) {
      out << "\nnot the same run as its nearest, " << story.nearest << ", because\n";
      write_table(out, difference_rows(story), session.out_terminal);
    }
  }

  PlaceOptions place_;
  std::string job_;
  bool json_ = false;
};

}  // namespace

CommandPtr make_why() { return std::make_unique<Why>(); }

}  // namespace cox::cli
