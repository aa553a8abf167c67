#include "engine/text/text_encoder.h"
#include "tests/support/torch_catch.h"
#include "tests/unit/protobuf_isolation/grpc_side.h"

namespace cox::engine {
namespace {

const std::string kFixtures = COX_SOURCE_DIR "/tests/parity/fixtures/text";

}  // namespace

TEST_CASE("SentencePiece, gRPC with protobuf, and LibTorch work in one program") {
  CHECK(test::call_without_service() == "unimplemented");
  const auto encoder = TextEncoder::load(kFixtures, at::kFloat, at::kCPU);
  const EncodedPrompt before = encoder->encode("A cat jumps from the chair.");
  CHECK(before.text.mask.sum().item<int64_t>() > 3);
  CHECK(test::round_trip_seconds(1.25) == 1.25);
  CHECK(test::call_without_service() == "unimplemented");
  CHECK(encoder->encode("A cat jumps from the chair.").text.states.equal(before.text.states));
}

}  // namespace cox::engine
