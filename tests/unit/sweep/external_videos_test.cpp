#include <catch2/catch.hpp>
#include <filesystem>

#include "coordinator/sweep/price.h"
#include "record/path_template.h"
#include "tests/unit/sweep/sandbox.h"

using namespace cox::sweep;
using namespace cox::sweep::test;

namespace {

const std::string kTwoRuns =
    "method: external\nparams: {videos: \"made/{run}/{video}.mkv\", made_by: other 1.2}\n"
    "runs: [{id: one}, {id: two}]\n";

void write_videos(const Sandbox& sandbox) {
  for (const char* run : {"one", "two"}) {
    std::filesystem::create_directories(sandbox.path("made/" + std::string(run)));
    for (const char* video : {"cat", "dog"}) {
      sandbox.write("made/" + std::string(run) + "/" + video + ".mkv", std::string(run) + video);
    }
  }
}

}  // namespace

TEST_CASE("a path template is filled once, and only where it names the value") {
  CHECK(cox::filled_path("a/{video}/{video}.mp4", "video", "x{video}") ==
        "a/x{video}/x{video}.mp4");
  CHECK(cox::filled_path("a/{run}.mp4", "video", "x") == "a/{run}.mp4");
  CHECK(cox::filled_path("", "video", "x").empty());
}

TEST_CASE("an external run names its videos by run, and is identified by their content") {
  const Sandbox sandbox;
  write_videos(sandbox);
  const SweepPlan plan = sandbox.plan(kTwoRuns);
  CHECK(parameter(run_named(plan, "one"), "videos") ==
        "\"" + sandbox.path("made/one/{video}.mkv") + "\"");
  CHECK(parameter(run_named(plan, "one"), "made_by") == "\"other 1.2\"");
  CHECK(plan.notes.empty());
  const std::string before = run_named(plan, "one").digest;
  CHECK(run_named(plan, "two").digest != before);
  CHECK(run_named(sandbox.plan(kTwoRuns), "one").digest == before);

  sandbox.write("made/one/dog.mkv", "made again");
  const SweepPlan again = sandbox.plan(kTwoRuns);
  CHECK(run_named(again, "one").digest != before);
  CHECK(run_named(again, "two").digest == run_named(plan, "two").digest);
}

TEST_CASE("missing videos of another program are named, and the sweep still runs") {
  const Sandbox sandbox;
  write_videos(sandbox);
  std::filesystem::remove(sandbox.path("made/two/dog.mkv"));
  const SweepPlan plan = sandbox.plan(kTwoRuns);
  REQUIRE(plan.notes.size() == 1);
  CHECK(
      sandbox.without_directory(plan.notes.front())
          .find(
              "run 'two': 1 of 2 videos are missing at made/two/{video}.mkv; their jobs will fail "
              "with cause data: dog") != std::string::npos);
}

TEST_CASE("an external run without a path, or with one path for all videos, is refused") {
  const Sandbox sandbox;
  CHECK(sandbox.errors("method: external\n")
            .find("run 's': method external needs `videos: PATH`, with {video} for the id") !=
        std::string::npos);
  CHECK(sandbox.errors("method: external\nparams: {videos: a.mp4}\n")
            .find("videos: expected {video} in 'a.mp4', since the run has 2 videos") !=
        std::string::npos);
  CHECK(sandbox.errors("method: external\nparams: {videos: \"{video}.mp4\", videos_digest: x}\n")
            .find("videos_digest is written by the program; leave it out") != std::string::npos);
  CHECK(sandbox.errors("method: external\nparams: {videos: \"{video}.mp4\", skip_frames: -1}\n")
            .find("skip_frames") != std::string::npos);
  CHECK(sandbox.errors("method: external\nparams: {videos: \"{video}.mp4\", steps: 5}\n")
            .find("steps") != std::string::npos);
}

TEST_CASE("an external run costs no generation") {
  const Sandbox sandbox;
  write_videos(sandbox);
  const auto price = price_of({sandbox.plan(kTwoRuns)}, PriceOptions{});
  REQUIRE(price.is_ok());
  CHECK(price->naive.seconds.generation == 0);
  CHECK(price->naive.seconds.decode == 0);
  CHECK(price->naive.seconds.source > 0);
  CHECK(price->naive.seconds.score > 0);
}
