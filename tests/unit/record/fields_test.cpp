#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <utility>

#include "record/job.h"
#include "record/limits.h"
#include "record/submission.h"

// A record's fields() names each of its members once: whatever follows from fields() (wire,
// database, JSON) would miss a member that it leaves out.

namespace cox {
namespace {

/// Stands for a value of any type where a record is initialized.
struct Anything {
  template <typename T>
  operator T() const;  // NOLINT: implicit by design
};

template <typename Record, std::size_t... kIndex>
constexpr bool takes(std::index_sequence<kIndex...>) {
  return requires { Record{(static_cast<void>(kIndex), Anything{})...}; };
}

/// How many members an aggregate has: the most initializers that it takes.
template <typename Record, std::size_t kGuess = 32>
constexpr std::size_t member_count() {
  if constexpr (kGuess == 0 || takes<Record>(std::make_index_sequence<kGuess>())) {
    return kGuess;
  } else {
    return member_count<Record, kGuess - 1>();
  }
}

template <typename Record>
void check_fields() {
  static_assert(kFieldCount<Record> == member_count<Record>());
  std::set<std::string> names;
  for_each_field<Record>([&](const auto& field) {
    INFO(field.name);
    CHECK(names.emplace(field.name).second);
    CHECK_FALSE(field.meaning.empty());
    CHECK(field.meaning.back() == '.');
  });
}

TEST_CASE("fields() of a record names every member once, with a meaning") {
  check_fields<StageTimings>();
  check_fields<Provenance>();
  check_fields<AdaptationSummary>();
  check_fields<MetricValue>();
  check_fields<ShareKeys>();
  check_fields<Video>();
  check_fields<WeightFile>();
  check_fields<ModelFiles>();
  check_fields<JobOutput>();
  check_fields<RetryLimits>();
  check_fields<FailurePolicy>();
  check_fields<Resources>();
  check_fields<ResultTable>();
  check_fields<KnownRun>();
  check_fields<SubmissionAnswer>();
}

TEST_CASE("a field's member is the one of its name") {
  StageTimings timings;
  timings.train_s = 2;
  double found = 0;
  for_each_field(timings, [&](const auto& field, double value) {
    if (field.name == "train_s") found = value;
  });
  CHECK(found == 2);
}

TEST_CASE("a cause of failure is found by its name") {
  for (std::size_t i = 1; i < kCauseNames.size(); ++i) {
    const auto cause = static_cast<FailureCause>(i);
    CHECK(cause_named(cause_name(cause)) == cause);
  }
  CHECK_FALSE(cause_named("").has_value());
  CHECK_FALSE(cause_named("boredom").has_value());
}

}  // namespace
}  // namespace cox
