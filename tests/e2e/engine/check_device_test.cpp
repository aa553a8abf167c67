// `cox-engine check-device` with several devices, which a processor serves in parts.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/command.h"

using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

cox::test::Ended check_device(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {std::string(COX_BIN_DIR) + "/cox-engine", "check-device"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return cox::test::run(command);
}

}  // namespace

TEST_CASE("check-device compares parts of a job with one") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--device", "cpu,cpu", "--small"},
        std::vector<std::string>{"--device", "cpu", "--gpus", "3", "--small"}}) {
    const cox::test::Ended ended = check_device(arguments);
    INFO(ended.all());
    REQUIRE(ended.exit_code == 0);
    const json report = json::parse(ended.out);
    CHECK(report.at("parts") == (arguments[1] == "cpu" ? 3 : 2));
    CHECK(report.at("failed") == 0);
    // Two precisions; of LongCat-Video output, gradient, two trainings and four continuations, of
    // six models of other families output and gradient; each against one part and between the
    // parts.
    CHECK(report.at("passed") == 2 * (8 + 6 * 2) * 2);
  }
}

TEST_CASE("check-device refuses device lists that cannot be") {
  const cox::test::Ended both = check_device({"--device", "cpu,cpu", "--gpus", "2"});
  CHECK(both.exit_code != 0);
  CHECK_THAT(both.err, Contains("a list without a count, got 'cpu,cpu'"));
  const cox::test::Ended empty = check_device({"--device", "cpu,"});
  CHECK(empty.exit_code != 0);
  CHECK_THAT(empty.err, Contains("device: expected cpu, cuda or cuda:N, got ''"));
}
