#include "coordinator/web/document_cache.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>

#include "base/clock.h"

using namespace cox;
using web::DocumentCache;
using Kind = DocumentCache::Answer::Kind;

namespace {

/// Asks until the document is there.
DocumentCache::Answer settled(DocumentCache& cache, const std::string& key, std::int64_t version,
                              const DocumentCache::Compute& compute) {
  const double give_up = monotonic_seconds() + 30;
  while (monotonic_seconds() < give_up) {
    const auto answer = cache.get(key, version, compute);
    if (answer.kind == Kind::kCurrent) return answer;
  }
  FAIL("the document never became current");
  return {};
}

}  // namespace

TEST_CASE("a document is computed once for each version", "[web]") {
  DocumentCache cache;
  std::atomic<int> computed = 0;
  const auto compute = [&]() -> Result<report::OrderedJson> {
    return report::OrderedJson{{"n", ++computed}};
  };
  CHECK(*settled(cache, "a", 1, compute).body == "{\"n\":1}\n");
  CHECK(*settled(cache, "a", 1, compute).body == "{\"n\":1}\n");
  CHECK(*settled(cache, "a", 2, compute).body == "{\"n\":2}\n");
  CHECK(*settled(cache, "b", 2, compute).body == "{\"n\":3}\n");
}

TEST_CASE("a reader does not wait for a slow document, and gets the earlier one", "[web]") {
  std::latch slow(1);
  DocumentCache cache;
  const auto first = [] { return Result<report::OrderedJson>(report::OrderedJson(1)); };
  settled(cache, "a", 1, first);
  const auto second = [&] {
    slow.wait();
    return Result<report::OrderedJson>(report::OrderedJson(2));
  };
  DocumentCache::Answer answer = cache.get("a", 2, second);
  CHECK(answer.kind == Kind::kEarlier);
  CHECK(*answer.body == "1\n");
  CHECK(cache.get("never seen", 2, second).kind == Kind::kPending);
  slow.count_down();
  CHECK(*settled(cache, "a", 2, second).body == "2\n");
}

TEST_CASE("an error is an answer, and the next version may have none", "[web]") {
  DocumentCache cache;
  const auto fails = []() -> Result<report::OrderedJson> { return not_found("no such run"); };
  CHECK(settled(cache, "a", 1, fails).status.code() == StatusCode::kNotFound);
  const auto works = [] { return Result<report::OrderedJson>(report::OrderedJson(1)); };
  CHECK(settled(cache, "a", 2, works).status.is_ok());
}

TEST_CASE("the document that was not asked for longest makes room", "[web]") {
  DocumentCache cache;
  std::atomic<int> computed = 0;
  const auto compute = [&] { return Result<report::OrderedJson>(report::OrderedJson(++computed)); };
  for (std::size_t i = 0; i <= DocumentCache::kMaxDocuments; ++i) {
    settled(cache, std::to_string(i), 1, compute);
  }
  const int before = computed;
  settled(cache, std::to_string(DocumentCache::kMaxDocuments), 1, compute);
  CHECK(computed == before);
  settled(cache, "0", 1, compute);
  CHECK(computed == before + 1);
}
