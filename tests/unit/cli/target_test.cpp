#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "cli/target.h"

using namespace cox;
using namespace cox::cli;

namespace {

/// A coordinator that knows `tiny/full`, and a database with one job of it.
struct ScriptedCalls {
  std::vector<std::string> asked;    ///< in dry runs
  std::vector<std::string> changed;  ///< for good

  Result<v1::ChangeReply> change(const v1::SelectRequest& select) {
    const std::string wish = fmt::format("{}|{}|{}", select.series(), select.run(), select.job());
    (select.dry_run() ? asked : changed).push_back(wish);
    for (const char* known :
         {"tiny||", "tiny|full|", "tiny|none|", "|full|", "|0123456789ab|", "||89abcdef0123"}) {
      if (wish != known) continue;
      v1::ChangeReply reply;
      reply.set_changed_jobs(2);
      reply.set_untouched_jobs(1);
      return reply;
    }
    if (wish == "|common|") return invalid_argument("run 'common' means 2 different runs");
    return not_found("there is no such thing");
  }

  Result<std::string> find_job(const std::string& name) const {
    if (name == "tiny/full/clip/a" || name == "89abcdef") return std::string("89abcdef0123");
    return not_found(fmt::format("no job '{}'", name));
  }

  Result<Selects> matches(const std::string& pattern) const {
    v1::SelectRequest full;
    full.set_series("tiny");
    full.set_run("full");
    v1::SelectRequest none = full;
    none.set_run("none");
    if (pattern == "tiny/*") return Selects{full, none};
    if (pattern == "tiny/f*") return Selects{full};
    return Selects{};
  }

  Result<v1::ChangeReply> cancel_all(const std::vector<std::string>& targets,
                                     const std::string& job = "", bool dry_run = false) {
    TargetOptions options;
    options.targets = targets;
    options.job = job;
    options.dry_run = dry_run;
    return options.change([this](const auto& select) { return change(select); },
                          {[this](const auto& name) { return find_job(name); },
                           [this](const auto& pattern) { return matches(pattern); }});
  }
  Result<v1::ChangeReply> cancel(const std::string& target, const std::string& job = "") {
    return cancel_all({target}, job);
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

TEST_CASE("an unknown target is explained, and an ambiguous one is reported") {
  const Status unknown = ScriptedCalls().cancel("tiny/ful").status();
  CHECK(unknown.code() == StatusCode::kNotFound);
  CHECK(unknown.message().find("no series, run or job 'tiny/ful'") == 0);
  CHECK(unknown.message().find("SERIES, SERIES/RUN, RUN, SERIES/RUN/ITEM") != std::string::npos);
  const Status common = ScriptedCalls().cancel("common").status();
  CHECK(common.code() == StatusCode::kInvalidArgument);
  CHECK(common.message() == "run 'common' means 2 different runs");
  CHECK(ScriptedCalls().cancel("").status().code() == StatusCode::kInvalidArgument);
}

TEST_CASE("--job stays within the target, and its error is reported unchanged") {
  ScriptedCalls calls;
  const Status status = calls.cancel("tiny", "89abcdef").status();
  CHECK(status.message() == "there is no such thing");
  CHECK(calls.asked.front() == "tiny||89abcdef");
}

TEST_CASE("several targets and patterns are summed, each run once, and a series covers its runs") {
  ScriptedCalls calls;
  const auto both = calls.cancel_all({"tiny/full", "tiny/*"});
  REQUIRE(both.is_ok());
  CHECK(both->changed_jobs() == 4);
  CHECK(both->untouched_jobs() == 2);
  CHECK(calls.changed == std::vector<std::string>{"tiny|full|", "tiny|none|"});
  ScriptedCalls whole;
  CHECK(whole.cancel_all({"tiny/f*", "tiny", "tiny/*"})->changed_jobs() == 2);
  CHECK(whole.changed == std::vector<std::string>{"tiny||"});
}

TEST_CASE("one wrong target among several changes nothing") {
  for (const std::string wrong : {"tiny/ful", "tiny/x*", "common"}) {
    INFO(wrong);
    ScriptedCalls calls;
    CHECK_FALSE(calls.cancel_all({"tiny/full", wrong}).is_ok());
    CHECK(calls.changed.empty());
  }
  const Status nothing = ScriptedCalls().cancel("tiny/x*").status();
  CHECK(nothing.code() == StatusCode::kNotFound);
  CHECK(nothing.message().find("no series, run or job matches 'tiny/x*'") == 0);
}

TEST_CASE("a dry run of a command changes nothing") {
  ScriptedCalls calls;
  const auto reply = calls.cancel_all({"tiny/*"}, "", true);
  REQUIRE(reply.is_ok());
  CHECK(reply->changed_jobs() == 4);
  CHECK(calls.changed.empty());
}

TEST_CASE("--job narrows one target without a pattern") {
  CHECK(ScriptedCalls().cancel_all({"tiny", "full"}, "89abcdef").status().code() ==
        StatusCode::kInvalidArgument);
  CHECK(ScriptedCalls().cancel_all({"tiny/*"}, "89abcdef").status().code() ==
        StatusCode::kInvalidArgument);
}
