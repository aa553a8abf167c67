// Jobs that several devices do together, here parts of a processor: as one device does them, and
// what is left of a failure.

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <new>
#include <thread>

#include "engine_fixture.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// Does something, once, when training begins.
class TrainingSink final : public Sink {
 public:
  explicit TrainingSink(std::function<void()> act) : act_(std::move(act)) {}
  void on_progress(const std::string& stage, int, int) override {
    if (stage == "train") std::exchange(act_, [] {})();
  }
  bool cancelled() const override { return cancel; }
  bool cancel = false;

 private:
  std::function<void()> act_;
};

JobFailure failure_of_job(Engine& engine, const JobInput& input, Sink& sink) {
  const JobOutcome outcome = engine.run(input, sink);
  REQUIRE(std::holds_alternative<JobFailure>(outcome));
  return std::get<JobFailure>(outcome);
}

/// The engine does the next job as if nothing had been.
void check_ready(Engine& engine) {
  const JobInput next = EngineFixture::get().job("adasteer", 1);
  const JobOutput here = succeed(engine, next), fresh = succeed(*make_engine("cpu,cpu"), next);
  CHECK((here.metrics == fresh.metrics));
  CHECK((here.adaptation == fresh.adaptation));
}

}  // namespace

TEST_CASE("several devices score a job as one does") {
  const auto one = make_engine();
  for (const char* devices : {"cpu,cpu", "cpu,cpu,cpu"}) {
    const auto several = make_engine(devices);
    for (const char* method : {"none", "stas", "adasteer", "norm", "film", "lora", "full"}) {
      INFO(method << " on " << devices);
      const JobInput job = EngineFixture::get().job(method);
      const JobOutput a = succeed(*one, job), b = succeed(*several, job);
      CHECK(b.adaptation.trainable_parameters == a.adaptation.trainable_parameters);
      CHECK(b.adaptation.best_step == a.adaptation.best_step);
      CHECK(b.adaptation.parameter_norm == Approx(a.adaptation.parameter_norm).epsilon(1e-3));
      REQUIRE(b.metrics.size() == a.metrics.size());
      for (size_t i = 0; i < a.metrics.size(); ++i) {
        CHECK(b.metrics[i].mean == Approx(a.metrics[i].mean).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("a device that throws fails the job with its own error, and the next job runs") {
  const auto engine = make_engine("cpu,cpu");
  const JobInput job = EngineFixture::get().job("adasteer");
  TrainingSink throwing([] { throw std::runtime_error("the cause"); });
  const JobFailure failure = failure_of_job(*engine, job, throwing);
  CHECK(failure.cause == FailureCause::kCrash);
  CHECK(failure.message == "the cause");
  CHECK_FALSE(failure.poisoned);
  check_ready(*engine);
}

TEST_CASE("one device out of memory fails the job as oom, and the next job runs") {
  const auto engine = make_engine("cpu,cpu");
  for (const char* method : {"adasteer", "full"}) {
    TrainingSink starving([] { throw std::bad_alloc(); });
    const JobFailure failure = failure_of_job(*engine, EngineFixture::get().job(method), starving);
    CHECK(failure.cause == FailureCause::kOom);
    CHECK_FALSE(failure.poisoned);
    check_ready(*engine);
  }
}

TEST_CASE("a device that does not arrive in time fails the job as a crash, and the next job runs") {
  EngineOptions options;
  options.device = "cpu,cpu";
  options.part_bounds.to_arrive = 3s;
  const auto engine = Engine::create(options).value();
  check_ready(*engine);  // so that the model is loaded
  TrainingSink hanging([] { std::this_thread::sleep_for(7s); });
  const JobFailure failure = failure_of_job(*engine, EngineFixture::get().job("adasteer"), hanging);
  CHECK(failure.cause == FailureCause::kCrash);
  CHECK_THAT(failure.message, Contains("did not arrive within 3 s") || Contains("waited 3 s"));
  CHECK_FALSE(failure.poisoned);
  check_ready(*engine);
}

TEST_CASE("a job that several devices do is cancelled on all, and the next job runs") {
  const auto engine = make_engine("cpu,cpu");
  TrainingSink* self = nullptr;
  TrainingSink cancelling([&] { self->cancel = true; });
  self = &cancelling;
  const JobFailure failure = failure_of_job(*engine, EngineFixture::get().job("full"), cancelling);
  CHECK(failure.cause == FailureCause::kCancelled);
  check_ready(*engine);
}
