#include "worker/backoff.h"

#include <catch2/catch.hpp>

using cox::worker::Backoff;
using std::chrono::milliseconds;

TEST_CASE("Waits double from the first to the longest, each from its upper half") {
  Backoff backoff(7, {.first = milliseconds(100), .longest = milliseconds(1'000)});
  for (const int ceiling : {100, 200, 400, 800, 1'000, 1'000, 1'000}) {
    const milliseconds wait = backoff.next();
    CAPTURE(ceiling, wait.count());
    CHECK(wait >= milliseconds(ceiling / 2));
    CHECK(wait <= milliseconds(ceiling));
  }
}

TEST_CASE("A reset starts again from the first wait") {
  Backoff backoff(7, {.first = milliseconds(100), .longest = milliseconds(100'000)});
  for (int i = 0; i < 8; ++i) backoff.next();
  CHECK(backoff.next() > milliseconds(1'000));
  backoff.reset();
  CHECK(backoff.next() <= milliseconds(100));
}

TEST_CASE("Workers with different seeds do not come back at the same moments") {
  Backoff one(1);
  Backoff other(2);
  int equal = 0;
  for (int i = 0; i < 20; ++i) equal += one.next() == other.next() ? 1 : 0;
  CHECK(equal < 5);
}
