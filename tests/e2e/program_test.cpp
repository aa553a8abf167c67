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

TEST_CASE("standard output that takes nothing, or not all, is a failure that is said") {
  const std::string sweep = Workbench::get().sweep();
  const auto on_full_disk = [](const std::string& name, const std::string& arguments) {
    return run({"bash", "-c", "exec " + program(name) + " " + arguments + " > /dev/full"}, clean());
  };
  const std::string said = ": error: standard output did not take everything";
  for (const std::string arguments : {"version", "--version", "run -h", "completion bash",
                                      // Far more than a buffer: writing fails long before the end.
                                      "plan --json --set replicates=50 "}) {
    const bool takes_sweep = arguments.back() == ' ';
    const Ended ended = on_full_disk("cox", arguments + (takes_sweep ? sweep : ""));
    INFO(arguments << ended.all());
    CHECK(ended.exit_code == 1);
    CHECK_THAT(ended.err, Contains("cox" + said));
  }
  for (const std::string arguments : {"params --config longcat-video", "--version", "params -h"}) {
    const Ended ended = on_full_disk("cox-engine", arguments);
    INFO(arguments << ended.all());
    CHECK(ended.exit_code == 1);
    CHECK_THAT(ended.err, Contains("cox-engine: standard output did not take everything"));
  }
  const Ended wrong = on_full_disk("cox", "results nowhere --db /nowhere/cox.db");
  CHECK(wrong.exit_code == 3);  // what failed first stays what it was
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
