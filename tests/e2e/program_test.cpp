#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/workbench.h"

using namespace cox::test;
using Catch::Matchers::Contains;

TEST_CASE("cox and what it links know nothing of LibTorch") {
  const Ended linked = run({"ldd", program("cox")});
  INFO(linked.all());
  REQUIRE(linked.exit_code == 0);
  CHECK_THAT(linked.out, Contains("libgrpc"));
  CHECK(linked.out.find("torch") == std::string::npos);
  CHECK(linked.out.find("libc10") == std::string::npos);
}

TEST_CASE("the help of every command opens with an example that names it") {
  const Ended help = run_cox({"-h"});
  CHECK(help.exit_code == 0);
  for (const std::string command :
       {"validate", "plan",    "dataset", "run",    "coordinator", "submit",    "status",
        "watch",    "results", "compare", "report", "show",        "why",       "logs",
        "retry",    "pause",   "resume",  "cancel", "version",     "completion"}) {
    CHECK_THAT(help.out, Contains("\n  " + command + " "));
    const Ended own = run_cox({command, "-h"});
    INFO(own.all());
    CHECK(own.exit_code == 0);
    CHECK(own.err.empty());
    CHECK(own.out.find("Examples:\n  ") == 0);
    CHECK_THAT(own.out, Contains("cox " + command));
  }
}

TEST_CASE("the version names the build") {
  const Ended version = run_cox({"version"});
  CHECK(version.exit_code == 0);
  CHECK_THAT(version.out, Contains("cox 0.") && Contains("+"));
  const Ended flag = run_cox({"--version"});
  CHECK(flag.exit_code == 0);
  CHECK(flag.out == version.out);
}

TEST_CASE("the completion script is one that bash accepts and knows the commands") {
  const Ended script = run_cox({"completion", "bash"});
  REQUIRE(script.exit_code == 0);
  const std::string ask = script.out +
                          "COMP_WORDS=(cox resul); COMP_CWORD=1; _cox; echo \"${COMPREPLY[@]}\"\n"
                          "COMP_WORDS=(cox run --wo); COMP_CWORD=2; _cox; echo \"${COMPREPLY[@]}\"";
  const Ended asked = run({"bash", "-c", ask});
  CHECK(asked.out == "results\n--workers\n");
}

TEST_CASE("a plan as JSON has every run and job, and nothing is computed for it") {
  const Ended plan = run_cox({"plan", "--json", Workbench::get().sweep()});
  INFO(plan.err);
  REQUIRE(plan.exit_code == 0);
  const auto json = nlohmann::json::parse(plan.out);
  CHECK(json["format"] == "cox-plan/1");
  CHECK(json["runs"].size() == Workbench::kRuns);
  const Ended text = run_cox({"plan", Workbench::get().sweep()});
  CHECK_THAT(text.out, Contains("adasteer"));
}

TEST_CASE("validate judges every file and prints a row for each good one") {
  const Ended ended = run_cox({"validate", Workbench::get().sweep(), "nowhere.yaml", "--json"});
  CHECK(ended.exit_code == 3);
  CHECK_THAT(ended.err, Contains("nowhere.yaml"));
  const auto json = nlohmann::json::parse(ended.out);
  CHECK(json["rows"].size() == 1);
  CHECK(json["rows"][0]["jobs"] == Workbench::kJobs);
}
