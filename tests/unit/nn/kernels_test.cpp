#include "engine/nn/kernels.h"

#include "engine/device/nvrtc.h"
#include "engine/nn/device_attention.h"
#include "engine/nn/kernels/sources.h"
#include "engine/tensors/error.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/torch_catch.h"

using namespace cox;
using namespace cox::engine;
using Catch::Matchers::Contains;

TEST_CASE("Kernels are selected by name, and a CPU uses LibTorch's") {
  CHECK(parse_kernel_path("fused") == KernelPath::kFused);
  CHECK(kernel_path_name(parse_kernel_path("stock")) == "stock");
  CHECK_THROWS_WITH(parse_kernel_path("fast"), Contains("expected fused or stock, got 'fast'"));
  CHECK(kernel_path_on(at::kCPU) == KernelPath::kStock);
  CHECK_FALSE(runs_fused(at::ones({2})));
  CHECK_NOTHROW(prepare_kernels(at::kCPU));
  CHECK(kernels_on(at::kCPU, at::kBFloat16, 128) == "stock");
}

TEST_CASE("The CUDA program is in the binary, and its includes are too") {
  const auto& files = kernel_sources();
  REQUIRE(files.count("engine/nn/kernels/all.cu") == 1);
  size_t includes = 0;
  for (const auto& [name, text] : files) {
    const std::string mark = "#include \"";
    for (size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
      const size_t begin = at + mark.size();
      const std::string_view included = text.substr(begin, text.find('"', begin) - begin);
      INFO(name << " includes " << included);
      CHECK(files.count(included) == 1);
      ++includes;
    }
  }
  CHECK(includes >= files.size() - 1);
}

TEST_CASE("The CUDA program compiles for every GPU that bf16 is for, where there is NVRTC") {
  const cox::test::TemporaryDirectory cache;
  ::setenv("XDG_CACHE_HOME", cache.path().c_str(), 1);
  for (const char* architecture : {"sm_80", "sm_90"}) {
    const CudaSource source{"engine/nn/kernels/all.cu", kernel_sources()};
    const auto first = compile_cuda(source, architecture);
    if (first.status().code() == cox::StatusCode::kUnavailable) {
      CHECK_THAT(first.status().message(), Contains("NVRTC not found"));
      WARN("no NVRTC on this machine: compilation is not checked");
      return;
    }
    INFO(first.status().message());
    REQUIRE(first.is_ok());
    CHECK(first->substr(1, 3) == "ELF");
    const auto again = compile_cuda(source, architecture);
    REQUIRE(again.is_ok());
    CHECK((*again == *first));
  }
  const auto refused = compile_cuda({"engine/nn/kernels/all.cu", kernel_sources()}, "sm_1");
  CHECK_FALSE(refused.is_ok());
}
