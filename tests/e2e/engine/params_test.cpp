// `cox-engine params` at the published size: the counts of issue and paper, without memory.

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "tests/support/command.h"

using Catch::Contains;
using cox::concat;
using cox::test::TemporaryDirectory;
using nlohmann::json;

namespace {

const std::string kProgram = std::string(COX_BIN_DIR) + "/cox-engine";

cox::test::Ended params(const std::string& method, const std::vector<std::string>& settings,
                        const std::vector<std::string>& options = {}) {
  std::vector<std::string> arguments = {kProgram,        "params",   "--config",
                                        "longcat-video", "--method", method};
  for (const std::string& setting : settings) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  arguments.insert(arguments.end(), options.begin(), options.end());
  return cox::test::run(arguments);
}

std::int64_t trainable(const std::string& method, const std::vector<std::string>& settings,
                       const std::vector<std::string>& options = {}) {
  const auto ended = params(method, settings, options);
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);
  const json report = json::parse(ended.out);
  CHECK(report["model"]["parameters"] == 13'581'071'424);
  CHECK(report["model"]["tensors"] == 1022);
  return report["trainable"]["parameters"].get<std::int64_t>();
}

std::vector<std::string> steering(int groups) {
  return {"inject=blocks", concat("groups=", groups), "final_layer=false", "delta_dim=0",
          "clip=joint"};
}

std::vector<std::string> lora(int rank) {
  return {concat("rank=", rank), "alpha=2", R"(targets=["qkv","proj"])", "last_blocks=0"};
}

/// A plan of two runs as `cox plan --json` prints it, with parameters of the whole run.
std::string plan_text() {
  json runs = json::array();
  for (const int rank : {1, 4}) {
    runs.push_back({{"name", concat("r", rank)},
                    {"method", "lora"},
                    {"parameters",
                     {{"rank", rank},
                      {"alpha", 2.0},
                      {"targets", {"qkv", "proj"}},
                      {"last_blocks", 0},
                      {"lr", 1e-4},
                      {"inference_steps", 50}}}});
  }
  return json{{"format", "cox-plan/1"}, {"runs", runs}}.dump();
}

}  // namespace

TEST_CASE("every method's published counts") {
  for (const int groups : {1, 4, 12, 48})
    CHECK(trainable("adasteer", steering(groups)) == 512 * groups);
  for (const int rank : {1, 4, 8, 16, 32}) CHECK(trainable("lora", lora(rank)) == 2'555'904 * rank);
  CHECK(trainable("norm", {"tensors=cross_attn_norm"}) == 393'216);
  CHECK(trainable("norm", {"tensors=qk_norm"}) == 24'576);
  CHECK(trainable("norm", {"tensors=all_norm"}) == 417'792);
  CHECK(trainable("film", {"variant=full", "groups=4"}) == 4 * 24'576);
  CHECK(trainable("film", {"variant=shift_scale", "groups=1"}) == 16'384);
  CHECK(trainable("film", {"variant=scale_only", "groups=1"}) == 8'192);
  CHECK(trainable("obc", {}) == 16);
  CHECK(trainable("none", {}) == 0);
}

TEST_CASE("counting at the published size allocates no weights") {
  std::ostringstream command;
  command << "ulimit -v 4000000 && exec " << kProgram
          << " params --config longcat-video --method lora --set rank=32 --set alpha=2 "
             "--set 'targets=[\"qkv\",\"proj\"]' --set last_blocks=0";
  const auto ended = cox::test::run({"/bin/bash", "-c", command.str()});
  INFO(ended.all());
  CHECK(ended.exit_code == 0);  // the weights would require 54 GB
}

TEST_CASE("a plan's run gives method and parameters; --set goes before them") {
  const TemporaryDirectory folder;
  const std::string plan = folder / "plan.json";
  std::ofstream(plan) << plan_text();
  CHECK(trainable(plan, {}, {"--run", "r4"}) == 4 * 2'555'904);
  CHECK(trainable(plan, {"rank=8"}, {"--run", "r4"}) == 8 * 2'555'904);
  auto ended = params(plan, {});
  CHECK(ended.exit_code == 2);
  CHECK_THAT(ended.err, Contains("--run: expected one of r1, r4, got nothing"));
  ended = params(plan, {"lr=3"}, {"--run", "r1"});
  CHECK(ended.exit_code == 2);
  CHECK_THAT(ended.err, Contains("lr") && Contains("a parameter of lora"));
  std::ofstream(plan) << R"({"runs": []})";
  CHECK_THAT(params(plan, {}).err, Contains("expected format cox-plan/1"));
  std::ofstream(plan) << "{";
  CHECK_THAT(params(plan, {}).err, Contains(plan) && Contains("not a plan"));
}

TEST_CASE("params names what is wrong with its arguments") {
  CHECK_THAT(params("lorra", {}).err, Contains("adasteer") && Contains("lorra"));
  CHECK_THAT(params("lora", {"rank=1"}).err, Contains("alpha") && Contains("missing"));
  CHECK_THAT(params("obc", {"rank=1"}).err, Contains("rank") && Contains("a parameter of obc"));
  const auto missing = cox::test::run({kProgram, "params", "--model", "/nowhere"});
  CHECK(missing.exit_code == 3);
  CHECK_THAT(missing.err, Contains("no model directory at '/nowhere'"));
  const TemporaryDirectory empty;
  const auto lacking = cox::test::run({kProgram, "params", "--model", empty.path()});
  CHECK(lacking.exit_code == 2);
  CHECK_THAT(lacking.err, Contains(empty / "dit/config.json"));
}

TEST_CASE("every verb exits with code 3 and reports that the model directory is missing") {
  const std::vector<std::vector<std::string>> commands = {
      {"train", "--model", "/nowhere", "--stage", "vae", "--work", "w", "--steps", "1", "--batch",
       "1"},
      {"probe", "/nowhere"},
      {"generate", "--model", "/nowhere", "--video", kProgram, "--params", "p", "--out", "o"},
      {"adapt", "--model", "/nowhere", "--video", kProgram, "--params", "p", "--out", "o"},
      {"encode", "--model", "/nowhere", "--video", kProgram, "--frames", "1", "--height", "16",
       "--width", "16", "--output", "o"},
      {"decode", "--model", "/nowhere", "--input", kProgram, "--output", "o"},
      {"bench", "--model", "/nowhere"},
      {"parity", "dit-forward", "--model", "/nowhere", "--output", "o"},
  };
  for (const std::vector<std::string>& arguments : commands) {
    std::vector<std::string> command = {kProgram};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto ended = cox::test::run(command);
    INFO(ended.all());
    CHECK(ended.exit_code == 3);
    CHECK_THAT(ended.err, Contains("no model directory at '/nowhere'"));
  }
}
