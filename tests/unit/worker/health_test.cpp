#include "worker/health.h"

#include <catch2/catch.hpp>

using cox::worker::Health;

TEST_CASE(
    "health tells the state, the job and for how long, and 503 for a worker that has not joined") {
  Health health("h1-0");
  const auto page = [&] { return health.page(); };
  CHECK(page().http_status == 503);
  CHECK_THAT(page().body,
             Catch::StartsWith(
                 R"({"format":"cox-health/1","name":"h1-0","state":"starting","state_s":0.)"));
  CHECK_THAT(page().body, Catch::EndsWith("\"job\":null}\n"));
  health.become(Health::State::kWaiting);
  CHECK(page().http_status == 200);
  CHECK_THAT(page().body, Catch::Contains(R"("state":"waiting")"));
  health.compute("abc");
  CHECK(page().http_status == 200);
  CHECK_THAT(page().body, Catch::Contains(R"("state":"computing")"));
  CHECK_THAT(page().body, Catch::EndsWith("\"job\":\"abc\"}\n"));
  for (const auto& [state, text] :
       {std::pair(Health::State::kAway, "away"), std::pair(Health::State::kLeaving, "leaving")}) {
    health.become(state);
    CHECK(page().http_status == 503);
    CHECK_THAT(page().body, Catch::Contains(std::string("\"state\":\"") + text + '"'));
    CHECK_THAT(page().body, Catch::EndsWith("\"job\":null}\n"));
  }
}
