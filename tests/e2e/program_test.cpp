#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;

TEST_CASE("cox and its libraries do not depend on LibTorch") {
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
       {"validate", "plan",    "dataset",    "schema",  "run",     "coordinator",
        "submit",   "status",  "watch",      "results", "compare", "report",
        "show",     "why",     "logs",       "retry",   "pause",   "resume",
        "cancel",   "version", "completion", "manual"}) {
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

TEST_CASE("standard output that cannot be written completely is a reported failure") {
  const std::string sweep = StudyFixture::get().sweep();
  const auto on_full_disk = [](const std::string& name, const std::string& arguments) {
    return run({"bash", "-c", "exec " + program(name) + " " + arguments + " > /dev/full"}, clean());
  };
  const std::string said = ": error: could not write all of standard output";
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
    CHECK_THAT(ended.err, Contains("cox-engine: could not write all of standard output"));
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

TEST_CASE("completion knows the values of options, and other shells have their own scripts") {
  const std::string script = run_cox({"completion", "bash"}).out;
  const Ended asked = run(
      {"bash", "-c",
       script +
           "COMP_WORDS=(cox results --format c); COMP_CWORD=3; _cox; echo \"${COMPREPLY[@]}\""});
  CHECK(asked.out == "csv\n");
  CHECK_THAT(run_cox({"completion", "zsh"}).out, Contains("#compdef cox"));
  CHECK_THAT(run_cox({"completion", "fish"}).out,
             Contains("complete -c cox") && Contains("-a run"));
  CHECK(run_cox({"completion", "csh"}).exit_code == 2);
}

TEST_CASE("cox without a command shows the commands; a manual page exists for each") {
  const Ended bare = run_cox({});
  CHECK(bare.exit_code == 2);
  CHECK(bare.out.empty());
  CHECK_THAT(bare.err, Contains("\n  validate ") && Contains("\n  manual "));
  CHECK_THAT(run_cox({"manual"}).out, Contains(".TH cox 1") && Contains(".B validate"));
  CHECK_THAT(run_cox({"manual", "run"}).out, Contains(".TH cox-run 1") && Contains("workers"));
  CHECK(run_cox({"manual", "rnu"}).exit_code == 3);
}

TEST_CASE("a schema is explained by name, and a meant name is suggested") {
  CHECK_THAT(run_cox({"schema"}).out, Contains("adasteer") && Contains("v_results"));
  CHECK_THAT(run_cox({"schema", "lr"}).out, Contains("parameter"));
  const Ended meant = run_cox({"schema", "learning_rate"});
  CHECK(meant.exit_code == 3);
  CHECK_THAT(meant.err, Contains("did you mean") && Contains("lr"));
}

TEST_CASE("closed standard streams neither harm files nor hide that a table was lost") {
  const Ended lost =
      run({"bash", "-c", "exec " + program("cox") + " version 0<&- 1>&- 2>&-"}, clean());
  CHECK(lost.exit_code == 1);
  const Ended said = run({"bash", "-c", "exec " + program("cox") + " version 1>&-"}, clean());
  CHECK(said.exit_code == 1);
  CHECK_THAT(said.err, Contains("could not write all of standard output"));
}

TEST_CASE("a plan as JSON has every run and job, and nothing is computed for it") {
  const Ended plan = run_cox({"plan", "--json", StudyFixture::get().sweep()});
  INFO(plan.err);
  REQUIRE(plan.exit_code == 0);
  const auto json = nlohmann::json::parse(plan.out);
  CHECK(json["format"] == "cox-plan/1");
  CHECK(json["runs"].size() == StudyFixture::kRuns);
  const Ended text = run_cox({"plan", StudyFixture::get().sweep()});
  CHECK_THAT(text.out, Contains("adasteer"));
}

TEST_CASE("validate judges every file and prints a row for each good one") {
  const Ended ended = run_cox({"validate", StudyFixture::get().sweep(), "nowhere.yaml", "--json"});
  CHECK(ended.exit_code == 3);
  CHECK_THAT(ended.err, Contains("nowhere.yaml"));
  const auto json = nlohmann::json::parse(ended.out);
  CHECK(json["rows"].size() == 1);
  CHECK(json["rows"][0]["jobs"] == StudyFixture::kJobs);
}
