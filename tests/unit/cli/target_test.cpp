#include <catch2/catch.hpp>

#include "base/text.h"
#include "cli/target.h"

using namespace cox;
using namespace cox::cli;

namespace {

/// A coordinator that knows `tiny/full`, and a database with one job of it.
struct ScriptedCalls {
  std::vector<std::string> asked;

  Result<v1::ChangeReply> change(const v1::SelectRequest& select) {
    const std::string wish = concat(select.series(), '|', select.run(), '|', select.job());
    asked.push_back(wish);
    for (const char* known :
         {"tiny||", "tiny|full|", "|full|", "|0123456789ab|", "||89abcdef0123"}) {
      if (wish == known) return v1::ChangeReply();
    }
    if (wish == "|common|") return invalid_argument("run 'common' means 2 different runs");
    return not_found("there is no such thing");
  }

  Result<std::string> find_job(const std::string& name) const {
    if (name == "tiny/full/clip/a" || name == "89abcdef") return std::string("89abcdef0123");
    return not_found(concat("no job '", name, "'"));
  }

  Result<v1::ChangeReply> cancel(const std::string& target, const std::string& job = "") {
    TargetOptions options;
    options.target = target;
    options.job = job;
    return options.change([this](const auto& select) { return change(select); },
                          [this](const auto& name) { return find_job(name); });
  }
};

}  // namespace

TEST_CASE("a target is a series, a run, a job, or the digest of one") {
  for (const std::string target :
       {"tiny", "tiny/full", "full", "0123456789ab", "tiny/full/clip/a", "89abcdef"}) {
    INFO(target);
    CHECK(ScriptedCalls().cancel(target).is_ok());
  }
  ScriptedCalls calls;
  CHECK(calls.cancel("full").is_ok());
  CHECK(calls.asked == std::vector<std::string>{"full||", "|full|"});  // a series goes first
}

TEST_CASE("a target that means nothing says what targets are; one that means two says so") {
  const Status unknown = ScriptedCalls().cancel("tiny/ful").status();
  CHECK(unknown.code() == StatusCode::kNotFound);
  CHECK(unknown.message().find("no series, run or job 'tiny/ful'") == 0);
  CHECK(unknown.message().find("SERIES, SERIES/RUN, RUN, SERIES/RUN/VIDEO") != std::string::npos);
  const Status common = ScriptedCalls().cancel("common").status();
  CHECK(common.code() == StatusCode::kInvalidArgument);
  CHECK(common.message() == "run 'common' means 2 different runs");
  CHECK(ScriptedCalls().cancel("").status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("--job keeps to the target, and its error is told as it is") {
  ScriptedCalls calls;
  const Status status = calls.cancel("tiny", "89abcdef").status();
  CHECK(status.message() == "there is no such thing");
  CHECK(calls.asked.front() == "tiny||89abcdef");
}
