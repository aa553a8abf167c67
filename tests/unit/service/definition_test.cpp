#include "coordinator/service/definition.h"

#include <catch2/catch.hpp>

#include "base/text.h"
#include "coordinator/service/submission.h"
#include "coordinator/store/migrations.h"
#include "coordinator/store/sqlite.h"
#include "coordinator/sweep/added_parameters.h"
#include "coordinator/sweep/schema.h"
#include "proto/values.h"
#include "tests/support/sample_plan.h"
#include "tests/support/temporary_directory.h"

using namespace cox;

namespace {

/// The definition of a run with a LoRA file, as a program wrote it that knew one file and no
/// parameter of a later version. Its digest is the one that it had then.
v1::Run of_an_earlier_program(const v1::Run& now) {
  v1::Run before = now;
  for (const auto& [name, value] : sweep::added_parameters(now.method())) {
    before.mutable_parameters()->erase(name);
  }
  before.set_former_lora(now.loras(0).path());
  before.set_former_lora_digest(now.loras(0).digest());
  before.clear_loras();
  return before;
}

v1::SubmitRequest request_with_lora() {
  sweep::SweepPlan plan = test::sample_plan("s", 1, 1);
  plan.model.loras = {{"/models/step.safetensors", std::string(64, 'd'), 1}};
  for (sweep::Run& run : plan.runs) {
    for (const auto& [name, value] : sweep::added_parameters(run.method)) {
      run.parameters.emplace(name, value);
    }
    run.digest = sweep::run_digest(run, plan.model);
  }
  return service::submit_request_of(plan);
}

}  // namespace

TEST_CASE("a definition of an earlier program means what it meant, under the digest it had") {
  const v1::Run now = request_with_lora().runs(0).run();
  const v1::Run before = of_an_earlier_program(now);
  REQUIRE_FALSE(sweep::added_parameters(now.method()).empty());
  REQUIRE(before.parameters().size() < now.parameters().size());
  const auto read = service::read_definition(before.SerializeAsString(), before.digest());
  REQUIRE(read.is_ok());
  CHECK(read->former_lora().empty());
  REQUIRE(read->loras_size() == 1);
  CHECK(read->loras(0).path() == "/models/step.safetensors");
  CHECK(read->loras(0).multiplier() == 1);
  const Parameters parameters = parameters_from_proto(read->parameters()).value();
  CHECK(parameters == parameters_from_proto(now.parameters()).value());
  sweep::Run run;
  run.method = read->method();
  run.parameters = parameters;
  CHECK(sweep::run_digest(run, service::model_of(*read)) == before.digest());
  CHECK(service::read_definition("no message", "abc").status().code() == StatusCode::kDataLoss);
}

TEST_CASE("an added parameter that is off its default stays so") {
  v1::Run run = request_with_lora().runs(0).run();
  (*run.mutable_parameters())["distill"] = to_proto(Value(true));
  service::modernize(run);
  CHECK(run.parameters().at("distill").boolean());
}

TEST_CASE("a submission of an earlier program is let in and completed") {
  v1::SubmitRequest request = request_with_lora();
  const v1::Run now = request.runs(0).run();
  *request.mutable_runs(0)->mutable_run() = of_an_earlier_program(now);
  const auto event = service::event_of(request);
  INFO(event.status().message());
  REQUIRE(event.is_ok());
  CHECK(event->runs[0].digest == now.digest());
  CHECK(event->runs[0].lora_digest == std::string(64, 'd'));
  CHECK(event->runs[0].parameters_json.find("\"distill\":false") != std::string::npos);

  const std::string other(64, 'e');
  sweep::Model model;
  model.loras = {{"/a", other, 0.5}, {"/b", std::string(64, 'd'), 1}};
  CHECK(sweep::lora_identity(model) == other + " 0.5, " + std::string(64, 'd'));

  request = request_with_lora();
  request.mutable_runs(0)->mutable_run()->mutable_loras(0)->set_multiplier(0);
  const std::string message = service::event_of(request).status().message();
  CHECK(message.find("expected a finite number other than 0") != std::string::npos);
}

TEST_CASE("a migration tells earlier runs each parameter that was added since") {
  const test::TemporaryDirectory folder;
  const std::string path = folder / "a.db";
  const store::Database database =
      store::Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).value();
  const store::Migrations all = store::embedded_migrations();
  REQUIRE(store::migrate(database, path, {{{1, all.steps.at(1)}}, ""}).is_ok());
  REQUIRE(database.execute("INSERT INTO series VALUES (1, 's', 0, '', '{}')").is_ok());
  const sweep::Schemas schemas = sweep::load_schemas().value();
  int number = 0;
  for (const std::string& method : schemas.method_names()) {
    ++number;
    REQUIRE(database
                .execute(concat("INSERT INTO runs VALUES (", number, ", 'digest-", number, "', '",
                                method, "', 'toy', 'm', '{\"seed\":1}', x'00', 1, 'a', 5)"))
                .is_ok());
  }
  REQUIRE(store::migrate(database, path, all).is_ok());
  number = 0;
  for (const std::string& method : schemas.method_names()) {
    ++number;
    for (const auto& [name, value] : sweep::added_parameters(method)) {
      INFO(method << " " << name);
      CHECK(database
                .query_integer(concat("SELECT parameters -> '$.\"", name, "\"' = '",
                                      canonical_text(value), "' FROM runs WHERE id = ", number))
                .value() == 1);
    }
  }
  CHECK(number > 0);
}
