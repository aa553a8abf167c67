#include "coordinator/cluster/site.h"

#include <catch2/catch.hpp>

using namespace cox::cluster;
using Catch::Matchers::Contains;

namespace {

std::vector<Partition> site() {
  return read_site(
             "batch*|up|infinite|(null)\n"
             "gpu|up|1-00:00:00|gpu:h200:8(S:0-1),license:1\n"
             "gpu|up|1-00:00:00|gpu:a100:4(IDX:0,2-4)\n"
             "old|down|4:00:00|gpu:2\n")
      .value();
}

SlurmSettings asking(const std::string& partition, int gpus = 0, const std::string& type = "") {
  SlurmSettings settings;
  settings.partition = partition;
  settings.time = std::chrono::hours(4);
  settings.gpus = gpus;
  settings.gpu_type = type;
  return settings;
}

std::string told(const SlurmSettings& settings) { return check_site(settings, site()).message(); }

}  // namespace

TEST_CASE("a site's partitions are put together from their kinds of nodes") {
  const auto partitions = site();
  REQUIRE(partitions.size() == 3);
  CHECK(partitions[0].is_default);
  CHECK_FALSE(partitions[0].longest);
  CHECK(partitions[1].longest == std::chrono::hours(24));
  REQUIRE(partitions[1].gpus.size() == 2);
  CHECK(partitions[1].gpus[0].type == "h200");
  CHECK(partitions[1].gpus[1].count == 4);
  CHECK(partitions[2].gpus[0].type.empty());
  CHECK_FALSE(read_site("gpu|up\n").is_ok());
}

TEST_CASE("what a site can run passes") {
  CHECK(told(asking("")).empty());
  CHECK(told(asking("gpu", 8)).empty());
  CHECK(told(asking("gpu", 4, "A100")).empty());
  CHECK(told(asking("old,gpu", 1)).empty());  // one of a list is enough
}

TEST_CASE("a job that a site can never run is reported with the site's resources") {
  CHECK_THAT(told(asking("gpus")), Contains("has no 'gpus'; did you mean 'gpu'?"));
  CHECK_THAT(told(asking("old")), Contains("partition 'old' is down"));
  CHECK_THAT(
      told(asking("gpu", 5, "a100")),
      Contains("no node of partition 'gpu' has 5 a100 GPUs; it has: 8 h200 in a node, 4 a100 "
               "in a node"));
  CHECK_THAT(told(asking("", 1)), Contains("partition 'batch' has 1 GPUs; it has: none"));
  SlurmSettings longer = asking("gpu");
  longer.time = std::chrono::hours(25);
  CHECK_THAT(told(longer), Contains("1-01:00:00 is more than partition 'gpu' allows (1-00:00:00)"));
}
