#include "cli/needs.h"

#include <catch2/catch.hpp>

using namespace cox;
using namespace cox::cli;

TEST_CASE("an unmet requirement is reported together with what the workers have") {
  constexpr std::int64_t kGibibyte = std::int64_t{1} << 30;
  const auto worker = [](const char* name, std::uint32_t gpus, const char* device,
                         std::int64_t gpu) {
    return report::Worker{name, device, {gpus, gpu * kGibibyte, 64 * kGibibyte}};
  };
  const Resources needs{1, 80 * kGibibyte, 0};
  CHECK(unmet_needs(needs, {}) == "needs a GPU with 80.0 GiB, workers have: none is connected");
  CHECK(unmet_needs(needs, {worker("w0", 0, "Xeon", 0), worker("w1", 1, "L4", 24)}) ==
        "needs a GPU with 80.0 GiB, workers have: w0 a cpu in a machine with 64.0 GiB; w1 L4 with "
        "24.0 GiB in a machine with 64.0 GiB");
  CHECK(unmet_needs(needs, {worker("w1", 1, "L4", 24), worker("w2", 1, "H200", 139)}).empty());
  CHECK(unmet_needs({4, 0, 0}, {worker("w3", 2, "H200", 139)}) ==
        "needs 4 GPUs, workers have: w3 2 x H200 with 139.0 GiB in a machine with 64.0 GiB");
  CHECK(unmet_needs({2, 80 * kGibibyte, 0}, {}) ==
        "needs 2 GPUs with 80.0 GiB each, workers have: none is connected");
  CHECK(unmet_needs({}, {}).empty());  // nobody is here, but nothing is needed
}
