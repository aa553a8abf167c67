#include "coordinator/service/submission.h"
#include "coordinator/sweep/identity.h"

#include <catch2/catch.hpp>
#include <functional>

#include "tests/support/sample_plan.h"

using cox::Status;
using cox::StatusCode;
using cox::test::sample_plan;
namespace core = cox::core;
namespace service = cox::service;
namespace v1 = cox::v1;

TEST_CASE("A plan becomes a submission that the door lets in, with the plan's own job digests") {
  cox::sweep::SweepPlan plan = sample_plan("s1", 3, 2);
  plan.series.number = 7;
  plan.series.labels = {{"team", "tta"}};
  plan.dataset.expected_failures = {"clip-1"};
  plan.runs[0].labels = {{"note", "a \"quoted\" word"}};
  plan.retry.backoff_base_us = 5 * cox::kMillisecondUs;
  plan.policy.max_failed_jobs = 9;
  plan.policy.max_gpu_hours = 1.5;
  plan.job_time_limit_us = 60 * cox::kSecondUs;
  plan.stop_rule = {"asha", "psnr", false, 4, 3, {"run-0"}};
  plan.baseline = "none";
  plan.controls = {"run-1"};
  plan.equivalence = {{"psnr", 0.25}};
  plan.keep = {.kind = cox::Retention::Kind::kBest, .runs = 2};
  plan.tables = {{"A \"title\"", {"run-0", "run-2"}, {"seed", "psnr"}}};

  const auto event = service::event_of(service::submit_request_of(plan));
  REQUIRE(event.is_ok());
  CHECK(event->series == "s1");
  CHECK(event->series_number == 7);
  CHECK(event->labels_json == R"({"team":"tta"})");
  CHECK(event->runs[0].labels_json == R"({"note":"a \"quoted\" word"})");
  CHECK(event->runs[2].parameters_json ==
        R"({"constant_prompt":"","frame_rate":0.0,"prompt_source":"caption","replicate":0,)"
        R"("resolution":"fixed","seed":2,"task":"continue"})");
  CHECK_FALSE(event->videos[0].failure_expected);
  CHECK(event->videos[1].failure_expected);
  CHECK(event->retry.backoff_base_us == 5 * cox::kMillisecondUs);
  CHECK(event->policy.max_failed_jobs == 9);
  CHECK(event->policy.max_gpu_hours == 1.5);
  CHECK(event->job_time_limit == 60 * cox::kSecondUs);
  CHECK(event->stop_rule == plan.stop_rule);
  CHECK(event->baseline == "none");
  CHECK(event->report_settings_json == R"({"controls":["run-1"],"equivalence":{"psnr":0.25}})");
  CHECK(event->keep_json == R"({"kind":"best","metric":"psnr","runs":2})");
  CHECK(event->tables_json ==
        R"([{"title":"A \"title\"","rows":["run-0","run-2"],"columns":["seed","psnr"]}])");
  REQUIRE(event->jobs.size() == 6);
  for (size_t run = 0; run < 3; ++run) {
    for (size_t video = 0; video < 2; ++video) {
      CHECK(event->jobs[run * 2 + video].hex() ==
            cox::sweep::job_digest(plan.runs[run], plan.dataset.videos[video]));
    }
  }
  CHECK(event->runs[1].digest == plan.runs[1].digest);
  v1::ModelFiles files;
  REQUIRE(files.ParseFromString(event->runs[1].definition));
  CHECK(files.directory() == "/models/none");
}

TEST_CASE("A run over the first videos has the jobs and the data set of a sweep over these alone") {
  cox::sweep::SweepPlan plan = sample_plan("s1", 3, 4);
  plan.runs[1].max_videos = 2;
  plan.runs[2].max_videos = 9;  // more than there are
  const v1::SubmitRequest request = service::submit_request_of(plan);
  CHECK(request.runs(0).videos() == 0);
  CHECK(request.runs(1).videos() == 2);
  CHECK(request.runs(2).videos() == 0);
  const auto event = service::event_of(request);
  INFO(event.status().message());
  REQUIRE(event.is_ok());
  REQUIRE(event->jobs.size() == 10);
  CHECK(event->first_jobs() == std::vector<std::size_t>{0, 4, 6, 10});
  CHECK(event->jobs[5].hex() == cox::sweep::job_digest(plan.runs[1], plan.dataset.videos[1]));
  CHECK(event->jobs[6].hex() == cox::sweep::job_digest(plan.runs[2], plan.dataset.videos[0]));
  CHECK(event->runs[0].dataset_digest.empty());
  CHECK(event->runs[1].dataset_digest ==
        cox::sweep::dataset_digest({plan.dataset.videos[0], plan.dataset.videos[1]}));
}

TEST_CASE("A prompt is an item without a file, for runs whose task needs none") {
  cox::sweep::SweepPlan plan = sample_plan("s1", 1, 2);
  for (cox::sweep::PlannedVideo& item : plan.dataset.videos) item.path = item.digest = "";
  plan.dataset.videos[0].dimensions = {"scene", "color"};
  const auto refused = service::event_of(service::submit_request_of(plan));
  REQUIRE_FALSE(refused.is_ok());
  CHECK(refused.status().message().find(
            "run 'run-0', item 'clip-0': task continue needs a video") != std::string::npos);
  cox::sweep::Run& run = plan.runs[0];
  run.parameters["task"] = "text_to_video";
  run.digest = cox::sweep::run_digest(run, plan.model);
  const auto event = service::event_of(service::submit_request_of(plan));
  INFO(event.status().message());
  REQUIRE(event.is_ok());
  CHECK(event->videos[0].is_prompt());
  CHECK(event->videos[0].dimensions == std::vector<std::string>{"scene", "color"});
  CHECK(event->jobs[0].hex() == cox::sweep::job_digest(run, plan.dataset.videos[0]));
  // Without words it is a video whose path is missing.
  plan.dataset.videos[1].caption = "";
  const auto neither = service::event_of(service::submit_request_of(plan));
  REQUIRE_FALSE(neither.is_ok());
  CHECK(neither.status().message().find("expected an absolute path") != std::string::npos);
}

TEST_CASE("The door refuses what no correct client sends, and says what it is") {
  struct Case {
    const char* what;
    std::function<void(v1::SubmitRequest&)> spoil;
    const char* message;
  };
  const Case cases[] = {
      {"no series", [](auto& r) { r.clear_series(); }, "series"},
      {"no runs", [](auto& r) { r.clear_runs(); }, "no runs"},
      {"no videos", [](auto& r) { r.clear_videos(); }, "no videos"},
      {"edited run",
       [](auto& r) {
         std::string& parameters = *r.mutable_runs(0)->mutable_run()->mutable_parameters();
         parameters.replace(parameters.find("\"seed\":0"), 8, "\"seed\":9");
       },
       "computed from the run's fields"},
      {"another model",
       [](auto& r) {
         r.mutable_runs(1)->mutable_run()->mutable_model()->set_digest(std::string(64, 'b'));
       },
       "computed from the run's fields"},
      {"no digest", [](auto& r) { r.mutable_runs(0)->mutable_run()->set_digest("abc"); },
       "64 lower-case hexadecimal"},
      {"empty value",
       [](auto& r) { r.mutable_runs(0)->mutable_run()->set_parameters(R"({"seed":null})"); },
       "parameter 'seed'"},
      {"parameters that are not JSON",
       [](auto& r) { r.mutable_runs(0)->mutable_run()->set_parameters("seed=1"); },
       "expected a JSON object"},
      {"parameters of another form",
       [](auto& r) { r.mutable_runs(0)->mutable_run()->mutable_parameters()->append(" "); },
       "not in canonical form"},
      {"run twice", [](auto& r) { r.mutable_runs(1)->set_name("run-0"); }, "duplicate run 'run-0'"},
      {"video twice", [](auto& r) { *r.add_videos() = r.videos(0); }, "duplicate video 'clip-0'"},
      {"relative path", [](auto& r) { r.mutable_videos(0)->set_path("a.mp4"); }, "absolute"},
      {"a run over more videos than there are", [](auto& r) { r.mutable_runs(1)->set_videos(3); },
       "run 'run-1': videos: expected 0 for all, or fewer than the 2 of the submission, got 3"},
      {"unknown expected", [](auto& r) { r.add_expected_failures("clip-9"); }, "clip-9"},
      {"margin of an unknown metric",
       [](auto& r) {
         r.add_equivalence()->set_metric("fvd");
         r.mutable_equivalence(0)->set_margin(1);
       },
       "expected a metric and a margin above 0, got 'fvd' and 1"},
      {"margin below 0",
       [](auto& r) {
         r.add_equivalence()->set_metric("psnr");
         r.mutable_equivalence(0)->set_margin(-1);
       },
       "got 'psnr' and -1"},
      {"backoff", [](auto& r) { r.mutable_retry()->set_backoff_max_us(-1); }, "backoff"},
  };
  const v1::SubmitRequest good = service::submit_request_of(sample_plan("s1", 2, 2));
  REQUIRE(service::event_of(good).is_ok());
  for (const Case& each : cases) {
    v1::SubmitRequest bad = good;
    each.spoil(bad);
    const Status status = service::event_of(bad).status();
    INFO(each.what << ": " << status.to_string());
    CHECK(status.code() == StatusCode::kInvalidArgument);
    CHECK(status.message().find(each.message) != std::string::npos);
  }
}
