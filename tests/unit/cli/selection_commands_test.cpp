// The commands that choose among many runs, on a database, as a user types them.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.h"
#include "coordinator/service/coordinator.h"
#include "coordinator/service/submission.h"
#include "coordinator/store/migrations.h"
#include "coordinator/store/sqlite.h"
#include "tests/support/sample_plan.h"
#include "tests/unit/report/study_database.h"

using namespace cox;
using namespace cox::cli;

namespace {

struct Answered {
  Status status;
  std::string out;
  std::string err;
};

Answered typed(CommandPtr command, std::vector<std::string> arguments) {
  CLI::App app;
  command->declare(app);
  std::reverse(arguments.begin(), arguments.end());
  app.parse(arguments);
  std::ostringstream out;
  std::ostringstream err;
  Session session{out, err, {}, {}, {}};
  const Result<ExitCode> exit_code = command->run(session);
  return {exit_code.status(), out.str(), err.str()};
}

nlohmann::json rows_of(const Answered& said) {
  INFO(said.status << said.err);
  REQUIRE(said.status.is_ok());
  return nlohmann::json::parse(said.out)["rows"];
}

/// Six runs over two learning rates and methods, on clips of two classes.
class Grid {
 public:
  Grid() {
    std::vector<test::StudyRun> runs = {{"none", "none", R"({"replicate":0,"seed":42})"}};
    for (const char* method : {"lora", "full"}) {
      for (const char* rate : {"0.001", "0.01", "0.1"}) {
        runs.push_back({fmt::format("{}-{}", method, rate), method,
                        fmt::format(R"({{"lr":{},"replicate":0,"seed":42,"steps":20}})", rate)});
      }
    }
    study.submit("demo", runs, {"cat_1", "cat_2", "dog_1"});
    study.run([](const std::string& run, const std::string& video) {
      const double gain = run == "none" ? 0 : run.find("0.1") != std::string::npos ? -1 : 1;
      const double more = run.find("full") == 0 ? 0.5 : 0;
      const double clip = video == "dog_1" ? -0.25 : video == "cat_2" ? 0.125 : 0;
      return test::scored(20 + gain + more + clip * gain, 0.5);
    });
  }

  std::vector<std::string> on(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--db", study.path()});
    return arguments;
  }

  test::StudyDatabase study;
};

std::vector<std::string> names(const nlohmann::json& rows, const char* column = "run") {
  std::vector<std::string> all;
  for (const auto& row : rows) all.push_back(row[column]);
  return all;
}

using Names = std::vector<std::string>;

/// A database with the series demo of three runs, run-0 to run-2.
void submit(const std::string& path) {
  const auto coordinator = service::Coordinator::open({.database = path}).value();
  REQUIRE(coordinator->submit(service::submit_request_of(test::sample_plan("demo", 3, 1))).is_ok());
}

}  // namespace

TEST_CASE("results are chosen by parameters, sorted and cut, with every digit") {
  const Grid grid;
  const auto rows = rows_of(
      typed(make_results(), grid.on({"demo", "--where", "lr < 1e-1 && method == 'full'", "--sort",
                                     "-psnr,lr", "--columns", "lr,steps,psnr", "--json"})));
  CHECK(names(rows) == Names{"full-0.001", "full-0.01"});
  CHECK(rows[0].size() == 4);
  CHECK(rows[0]["lr"] == 0.001);
  CHECK(rows[0]["steps"] == 20);
  CHECK(rows[0]["psnr"].get<double>() == Approx(20 + 1 + 0.5 - 0.125 / 3));
}

TEST_CASE("columns of v_results are means over the videos, and jobs are chosen alike") {
  const Grid grid;
  const auto runs =
      rows_of(typed(make_results(),
                    grid.on({"demo", "--columns", "best_step,machine", "--limit", "2", "--json"})));
  CHECK(runs[0]["best_step"] == 8);
  CHECK(runs[0]["machine"] == "host");
  const Answered jobs =
      typed(make_results(), grid.on({"demo", "--jobs", "--where", "lr == 0.1 && psnr < 25",
                                     "--sort", "psnr", "--columns", "psnr,lr", "--json"}));
  const auto rows = rows_of(jobs);
  CHECK(rows.size() == 6);
  CHECK(rows[0]["lr"] == 0.1);
  CHECK(rows[0]["run"] == "lora-0.1");
  CHECK(rows[0]["video"] == "cat_2");
  CHECK_THAT(jobs.err, Catch::Contains("3 rows left out"));  // of none, which has no lr
}

TEST_CASE("each wrong question has one clear answer") {
  const Grid grid;
  const auto answer = [&](CommandPtr command, std::vector<std::string> arguments, StatusCode code) {
    const Answered said = typed(std::move(command), grid.on(std::move(arguments)));
    INFO(said.status << said.out);
    CHECK(said.status.code() == code);
    CHECK(said.out.empty());
    return said.status.message();
  };
  CHECK(answer(make_results(), {"demo", "--where", "lrr > 1"}, StatusCode::kInvalidArgument) ==
        "--where: unknown column 'lrr'; did you mean 'lr'?");
  CHECK_THAT(answer(make_results(), {"demos", "--jobs"}, StatusCode::kNotFound),
             Catch::Contains("did you mean 'demo'?"));
  CHECK_THAT(
      answer(make_results(), {"--sql", "SELECT 1", "--limit", "1"}, StatusCode::kInvalidArgument),
      Catch::Contains("--sql"));
  // A JSON object holds a name once: the first column would be lost.
  for (const char* format : {"json", "jsonl"}) {
    CHECK(answer(make_results(), {"--sql", "SELECT 1 AS a, 2 AS b, 3 AS a", "--format", format},
                 StatusCode::kInvalidArgument) ==
          "2 columns are named 'a', and JSON has each name once: rename them with AS");
  }
  CHECK(typed(make_results(), grid.on({"--sql", "SELECT 1 AS a, 3 AS a", "--format", "csv"})).out ==
        "a,a\n1,3\n");
  CHECK_THROWS_WITH(typed(make_results(), grid.on({"--sql", ""})),
                    Catch::Contains("expected a value, got an empty string"));
  CHECK_THAT(answer(make_compare(), {"demo/none", "demo/full-0.1", "--metric", "psrn"},
                    StatusCode::kNotFound),
             Catch::Contains("did you mean 'psnr'?"));
  CHECK_THAT(answer(make_compare(), {"demo/none", "demo/full-0.1", "--limit", "3"},
                    StatusCode::kInvalidArgument),
             Catch::Contains("--items"));
  CHECK_THAT(answer(make_importance(), {"demo", "--metric", "lpps"}, StatusCode::kNotFound),
             Catch::Contains("did you mean 'lpips'?"));
  CHECK_THAT(
      answer(make_importance(), {"demo", "--metric", "lpips"}, StatusCode::kFailedPrecondition),
      Catch::Contains("at least 2 runs with a value of lpips"));
}

TEST_CASE("two runs without a common video, and a series without results, are reported") {
  Grid grid;
  grid.study.submit("other", {{"alone", "none", R"({"replicate":0,"seed":42})"}}, {"bird_1"}, "",
                    "birds");
  const auto compare = [&] {
    return typed(make_compare(), grid.on({"demo/none", "other/alone", "--items"}));
  };
  const Answered empty = typed(make_results(), grid.on({"other", "--sort", "psnr", "--json"}));
  CHECK(rows_of(empty)[0]["done"] == 0);
  CHECK_THAT(typed(make_importance(), grid.on({"other"})).status.message(),
             Catch::Contains("1 selected runs of series 'other', 0 have one"));
  grid.study.run([](const std::string&, const std::string&) { return test::scored(20, 0.5); });
  CHECK_THAT(compare().status.message(), Catch::Contains("share no finished video"));
}

TEST_CASE("a database of another version is refused by each of the commands, and stays as it is") {
  const Grid grid;
  {
    const auto database = store::Database::open(grid.study.path(), SQLITE_OPEN_READWRITE).value();
    REQUIRE(database.execute("PRAGMA user_version = 99").is_ok());
  }
  for (const auto& make : {make_results, make_importance, make_label, make_gc}) {
    Names arguments;
    if (make == make_label) arguments = {"demo", "--tag", "x"};
    if (make == make_importance) arguments = {"demo"};
    const Answered said = typed(make(), grid.on(arguments));
    INFO(said.status);
    CHECK_FALSE(said.status.is_ok());
    const std::string& message = said.status.message();
    const bool names_cause = message.find("version 99") != std::string::npos ||
                             message.find("locked by process") != std::string::npos ||
                             message.find("another process") != std::string::npos;
    CHECK(names_cause);
  }
}

TEST_CASE("patterns and series are compared with one baseline, as one family") {
  Grid grid;
  grid.study.submit("other", {{"alone", "none", R"({"replicate":0,"seed":42})"}}, {"bird_1"}, "",
                    "birds");
  grid.study.run([](const std::string&, const std::string&) { return test::scored(20, 0.5); });
  const auto compared = [&](std::vector<std::string> runs) {
    std::vector<std::string> arguments = {"demo/none"};
    arguments.insert(arguments.end(), runs.begin(), runs.end());
    const Answered said = typed(make_compare(), grid.on(arguments));
    INFO(said.status);
    CHECK(said.status.is_ok());
    return said;
  };
  const auto runs_of = [&](std::vector<std::string> runs) {
    runs.emplace_back("--json");
    Names found;
    const auto document = nlohmann::json::parse(compared(runs).out);
    for (const auto& row : document["comparisons"]) found.push_back(row["run"]);
    return found;
  };
  CHECK(runs_of({"demo/full-*"}) == Names{"demo/full-0.001", "demo/full-0.01", "demo/full-0.1"});
  CHECK(runs_of({"full-0.1", "demo/*-0.1"}) == Names{"demo/full-0.1", "demo/lora-0.1"});
  CHECK(runs_of({"demo"}).size() == 6);  // without the baseline

  // A run that cannot be compared is reported if it is named among others, and rejected if it is
  // the only one.
  const Answered mixed = compared({"demo/full-0.1", "other/a*"});
  CHECK_THAT(mixed.err, Catch::Contains("not compared: other/alone: dataset is"));
  const auto refused = [&](const std::string& name) {
    const Answered said = typed(make_compare(), grid.on({"demo/none", name}));
    CHECK_FALSE(said.status.is_ok());
    return said.status.message();
  };
  CHECK_THAT(refused("other/alone"), Catch::Contains("share no finished video"));
  CHECK_THAT(refused("other/a*"), Catch::Contains("share no finished video"));
  CHECK(refused("demo/non*") == "'demo/non*' names no run other than demo/none");
  CHECK_THAT(refused("demo/fall*"), Catch::Contains("no run 'demo/fall*'"));
  CHECK_THAT(refused("demo/none/*"), Catch::Contains("expected a pattern of runs"));
}

TEST_CASE("items tell who gains; categories count them") {
  const Grid grid;
  const auto items = rows_of(typed(
      make_compare(),
      grid.on({"demo/none", "demo/full-0.01", "--items", "--category", "^([a-z]+)_", "--json"})));
  CHECK(names(items, "video") == Names{"cat_2", "cat_1", "dog_1"});
  CHECK(items[0]["category"] == "cat");
  CHECK(items[0]["difference"] == 1.625);
  const auto some =
      rows_of(typed(make_compare(), grid.on({"demo/none", "demo/full-0.1", "--items", "--where",
                                             "outcome == 'loss' && difference < -0.5", "--json"})));
  CHECK(some.size() == 1);
  const auto categories =
      rows_of(typed(make_compare(),
                    grid.on({"demo/none", "demo/full-0.1", "--category", "^([a-z]+)_", "--json"})));
  CHECK(names(categories, "category") == Names{"cat", "dog", "(all, drawn within)"});
  CHECK(categories[0]["losses"] == 2);
}

TEST_CASE("importance finds the learning rate, of one method or of all") {
  const Grid grid;
  const Answered said =
      typed(make_importance(), grid.on({"demo", "--where", "method != 'none'", "--json"}));
  const auto rows = rows_of(said);
  CHECK(names(rows, "parameter") == Names{"lr", "method"});
  CHECK(rows[0]["best_level"] != "0.1");  // the other two are equal
  CHECK(rows[0]["importance"].get<double>() > rows[1]["importance"].get<double>());
  const Answered text = typed(make_importance(), grid.on({"demo", "--where", "method != 'none'"}));
  CHECK_THAT(text.out, Catch::StartsWith("psnr of demo: means of 6 runs on the 3 videos"));
}

TEST_CASE("labels are written, shown, chosen by, and change no digest") {
  test::Scratch scratch;
  const std::string path = scratch.file("labels.db");
  submit(path);
  const auto on = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--db", path});
    return arguments;
  };
  const auto digests = [&] {
    return store::ReadOnlyDatabase::open(path)
        ->query_table("SELECT run, run_digest FROM v_names ORDER BY run")
        .value()
        .rows;
  };
  const auto before = digests();
  const Answered said =
      typed(make_label(),
            on({"demo/run-[01]", "demo/run-1", "--tag", "paper", "--note", "a \"note\" <script>"}));
  INFO(said.status);
  CHECK(said.err == "labeled 2 runs\n");
  REQUIRE(typed(make_label(), on({"demo/run-1", "--tag", "best"})).status.is_ok());
  CHECK(digests() == before);
  const auto tagged = rows_of(
      typed(make_results(), on({"demo", "--tag", "paper", "--columns", "tags,note", "--json"})));
  CHECK(names(tagged) == Names{"run-0", "run-1"});
  CHECK(tagged[1]["tags"] == "best, paper");
  CHECK(tagged[1]["note"] == "a \"note\" <script>");
  CHECK(names(rows_of(typed(make_results(), on({"demo", "--tag", "paper", "--tag", "best",
                                                "--json"})))) == Names{"run-1"});
  CHECK_THAT(typed(make_show(), on({"demo/run-1"})).out,
             Catch::Contains("tags      best, paper\nnote      a \"note\" <script>\n"));
  REQUIRE(typed(make_label(), on({"demo", "--untag", "paper", "--note", ""})).status.is_ok());
  CHECK(rows_of(typed(make_results(), on({"demo", "--tag", "paper", "--json"}))).empty());
}

TEST_CASE("labels that cannot be are refused before anything changes") {
  test::Scratch scratch;
  const std::string path = scratch.file("labels.db");
  submit(path);
  const auto refused = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--db", path});
    const Answered said = typed(make_label(), arguments);
    INFO(said.err);
    CHECK_FALSE(said.status.is_ok());
    return said.status.message();
  };
  CHECK_THAT(refused({"demo", "--tag", "two words"}), Catch::Contains("tag 'two words'"));
  CHECK_THAT(refused({"demo", "--tag", std::string(65, 'x')}), Catch::Contains("64"));
  CHECK_THAT(refused({"demo"}), Catch::Contains("nothing to change"));
  CHECK_THAT(refused({"demo", "--note", "left \u202e right"}), Catch::Contains("U+202E"));
  CHECK_THAT(refused({"demo", "--note", "\x1b[31m"}), Catch::Contains("control characters"));
  CHECK_THAT(refused({"demo", "--note", std::string(5'000, 'x')}), Catch::Contains("4096"));
  CHECK_THAT(refused({"demo/run-0", "demo/rum-0", "--tag", "x"}), Catch::Contains("demo/rum-0"));
  const auto tags = store::ReadOnlyDatabase::open(path)->query_table(
      "SELECT count(*) FROM v_names WHERE tags IS NOT NULL OR note IS NOT NULL");
  CHECK(tags->rows == std::vector<Row>{{std::int64_t{0}}});
}
