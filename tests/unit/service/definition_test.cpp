#include "coordinator/service/definition.h"

#include <catch2/catch.hpp>

#include "coordinator/service/submission.h"
#include "coordinator/sweep/identity.h"
#include "tests/support/sample_plan.h"

using namespace cox;

namespace {

v1::SubmitRequest request_with_lora() {
  sweep::SweepPlan plan = test::sample_plan("s", 1, 1);
  plan.model.loras = {{"/models/step.safetensors", std::string(64, 'd'), 1}};
  for (sweep::Run& run : plan.runs) run.digest = sweep::run_digest(run, plan.model);
  return service::submit_request_of(plan);
}

}  // namespace

TEST_CASE("a definition is read back as it was written; other bytes are data loss") {
  const v1::ModelFiles files = request_with_lora().runs(0).run().model();
  const auto read = service::read_definition(service::definition_of(files), "abc");
  REQUIRE(read.is_ok());
  CHECK(read->SerializeAsString() == files.SerializeAsString());
  REQUIRE(read->loras_size() == 1);
  CHECK(read->loras(0).path() == "/models/step.safetensors");
  const Status refused = service::read_definition("no message", "abc").status();
  CHECK(refused.code() == StatusCode::kDataLoss);
  CHECK(refused.message().find("abc") != std::string::npos);
}

TEST_CASE("a run's LoRA files are named by digest and multiplier") {
  v1::SubmitRequest request = request_with_lora();
  const auto event = service::event_of(request);
  INFO(event.status().message());
  REQUIRE(event.is_ok());
  CHECK(event->runs[0].digest == request.runs(0).run().digest());
  CHECK(event->runs[0].lora_digest == std::string(64, 'd'));

  const std::string other(64, 'e');
  ModelFiles model;
  model.loras = {{"/a", other, 0.5}, {"/b", std::string(64, 'd'), 1}};
  CHECK(sweep::lora_identity(model) == other + " 0.5, " + std::string(64, 'd'));

  request.mutable_runs(0)->mutable_run()->mutable_model()->mutable_loras(0)->set_multiplier(0);
  const std::string message = service::event_of(request).status().message();
  CHECK(message.find("expected a finite number other than 0") != std::string::npos);
}
