// What sharing must keep, for every line of methods.def: each job's result is, bit for bit, the one
// that it computes by itself.

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <new>
#include <random>
#include <set>

#include "coordinator/sweep/share_keys.h"
#include "engine/adaptation/method.h"
#include "engine/video/decode.h"
#include "engine_fixture.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

ShareKeys keys_of(const JobInput& input) {
  static const sweep::Schemas schemas = sweep::load_schemas().value();
  return sweep::share_keys(*schemas.find_method(input.method), input.parameters, input.model);
}

/// Jobs of one clip, each with an id and share keys of its own.
class Jobs {
 public:
  JobInput& add(const std::string& method, const Parameters& changed = {}) {
    JobInput input = EngineFixture::get().job(method);
    for (const auto& [name, value] : changed) input.parameters.at(name) = value;
    input.job_id = "job" + std::to_string(all_.size());
    input.share = keys_of(input);
    all_.push_back(std::move(input));
    return all_.back();
  }
  const std::vector<JobInput>& all() const { return all_; }

 private:
  std::vector<JobInput> all_;
};

/// Sets the rate of each of the methods.
Parameters with_rate(const std::string& method, double rate, Parameters changed) {
  const MethodSet set = find_methods(method);
  for (std::size_t i = 0; i < set.members.size(); ++i) changed[set.prefix(i) + "lr"] = rate;
  return changed;
}

/// Lengths, stop rules, a rule that never sees an improvement, and another generation.
Jobs jobs_of(const std::string& method) {
  Jobs jobs;
  if (!find_methods(method).trains()) {
    jobs.add(method);
    jobs.add(method, {{"guidance", 2.0}});
    jobs.add(method, {{"metrics", Value::List{"ssim"}}});
    return jobs;
  }
  // Rates so high that held-out losses go up and down.
  const auto wild = [&](const Parameters& changed) { return with_rate(method, 0.3, changed); };
  const std::string check = "early_stop.check_every", patience = "early_stop.patience";
  jobs.add(method, wild({{"steps", 5}, {"early_stop.enabled", false}}));
  jobs.add(method, wild({{"steps", 3}, {"early_stop.enabled", false}}));
  jobs.add("none");
  jobs.add(method, wild({{"steps", 5}, {check, 1}, {patience, 9}}));
  jobs.add(method, wild({{"steps", 5}, {check, 1}, {patience, 1}}));
  jobs.add(method,
           wild({{"steps", 5}, {check, 1}, {patience, 9}, {"early_stop.context", "adjacent"}}));
  jobs.add(method, wild({{"steps", 4},
                         {check, 2},
                         {patience, 1},
                         {"early_stop.sigmas", Value::List{0.75, 0.5}},
                         {"early_stop.noise_draws", 3}}));
  jobs.add(method, wild({{"steps", 3}, {"early_stop.enabled", false}, {"guidance", 2.0}}));
  jobs.add(method, with_rate(method, 1e-3, {{"steps", 3}}));
  return jobs;
}

struct Result {
  JobOutput output;
  std::string pixels;
};

std::string pixels_of(const std::string& path) {
  const auto clip = video::decode_clip(path, {0, 4, 1}, video::ColorRule::kTagged);
  return video::rgb_digest(std::get<video::Clip>(clip).frames);
}

using Outcomes = std::map<std::string, std::variant<Result, JobFailure>>;

std::variant<Result, JobFailure> keep(JobOutcome outcome) {
  if (auto* failure = std::get_if<JobFailure>(&outcome)) return *failure;
  Result result{std::get<JobOutput>(std::move(outcome)), ""};
  result.pixels = pixels_of(result.output.generated_path);
  return result;
}

/// Runs a bundle in the engine's order.
Outcomes run_bundle(Engine& engine, const std::vector<JobInput>& jobs,
                    const std::function<JobOutcome(const JobInput&)>& run) {
  Outcomes outcomes;
  const std::vector<std::size_t> order = engine.begin_bundle(jobs);
  REQUIRE(order.size() == jobs.size());
  for (const std::size_t job : order) {
    outcomes.emplace(jobs.at(job).job_id, keep(run(jobs.at(job))));
  }
  engine.end_bundle();
  REQUIRE(outcomes.size() == jobs.size());
  return outcomes;
}

Outcomes run_bundle(Engine& engine, const std::vector<JobInput>& jobs) {
  return run_bundle(engine, jobs, [&](const JobInput& job) { return outcome_of(engine, job); });
}

/// A device, and two that do each job together.
const char* const kDevices[] = {"cpu", "cpu,cpu"};

std::unique_ptr<Engine> unshared_engine(const std::string& device = "cpu") {
  EngineOptions options;
  options.device = device;
  options.sharing = false;
  return Engine::create(options).value();
}

void check_equal(const Outcomes::mapped_type& shared, const Outcomes::mapped_type& alone) {
  if (const auto* failure = std::get_if<JobFailure>(&shared)) UNSCOPED_INFO(failure->message);
  REQUIRE(shared.index() == alone.index());
  if (const auto* failure = std::get_if<JobFailure>(&shared)) {
    CHECK((*failure == std::get<JobFailure>(alone)));
    return;
  }
  const Result& one = std::get<Result>(shared);
  const Result& two = std::get<Result>(alone);
  CHECK((one.output.adaptation == two.output.adaptation));
  CHECK((one.output.metrics == two.output.metrics));
  CHECK(one.output.reference_digest == two.output.reference_digest);
  CHECK((one.output.provenance == two.output.provenance));
  CHECK(one.pixels == two.pixels);
}

void check_equal(const Outcomes& shared, const Outcomes& alone) {
  for (const auto& [job, outcome] : shared) {
    INFO(job);
    check_equal(outcome, alone.at(job));
  }
}

const JobOutput& output_of(const Outcomes& outcomes, const std::string& job) {
  const auto& outcome = outcomes.at(job);
  if (const auto* failure = std::get_if<JobFailure>(&outcome)) FAIL(failure->message);
  return std::get<Result>(outcome).output;
}

const std::string& pixels_of(const Outcomes& outcomes, const std::string& job) {
  return std::get<Result>(outcomes.at(job)).pixels;
}

std::int64_t steps_spent(const Outcomes& outcomes) {
  std::int64_t steps = 0;
  for (const auto& [job, outcome] : outcomes) {
    if (const auto* result = std::get_if<Result>(&outcome)) {
      steps += result->output.adaptation.steps_run;
    }
  }
  return steps;
}

/// Throws, or cancels, at the n-th word of progress.
class FaultySink final : public Sink {
 public:
  FaultySink(int at, std::function<void()> fault) : left_(at), fault_(std::move(fault)) {}
  void on_progress(const std::string&, int, int) override {
    if (--left_ == 0) fault_ ? fault_() : void(cancelled_ = true);
  }
  bool cancelled() const override { return cancelled_; }

 private:
  int left_;
  std::function<void()> fault_;
  bool cancelled_ = false;
};

}  // namespace

TEST_CASE("every method gives the same bits shared and by itself") {
  // With room for the states of all jobs, and with room for none.
  EngineOptions options;
  options.max_state_bytes = GENERATE(as<std::int64_t>{}, sharing::kMaxStateBytes, 0);
  INFO(options.max_state_bytes << " bytes for states");
  const auto engine = Engine::create(options).value();
  const auto unshared = unshared_engine();
  std::vector<std::string> names = {"adasteer+norm", "adasteer+film+hidden+lora+norm+obc",
                                    "full+hidden"};
  for (const MethodEntry& method : methods()) names.emplace_back(method.name);
  for (const std::string& method : names) {
    INFO(method);
    const Jobs jobs = jobs_of(method);
    const Outcomes shared = run_bundle(*engine, jobs.all());
    const Outcomes alone = run_bundle(*unshared, jobs.all());
    check_equal(shared, alone);
    for (const auto& [job, outcome] : alone) {
      CHECK(output_of(alone, job).shared_with.empty());
    }
  }
}

TEST_CASE("over two devices, methods give the same bits shared and by itself") {
  EngineOptions options;
  options.device = "cpu,cpu";
  options.max_state_bytes = GENERATE(as<std::int64_t>{}, sharing::kMaxStateBytes, 0);
  INFO(options.max_state_bytes << " bytes for states");
  const auto engine = Engine::create(options).value();
  const auto unshared = unshared_engine(options.device);
  for (const std::string method : {"full", "full+hidden", "lora", "obc"}) {
    INFO(method);
    const Jobs jobs = jobs_of(method);
    check_equal(run_bundle(*engine, jobs.all()), run_bundle(*unshared, jobs.all()));
  }
}

TEST_CASE("jobs in fp8 and bf16 share an adaptation and never a generation") {
  const auto engine = Engine::create({}).value();
  const Parameters common = {{"steps", 3}, {"early_stop.enabled", false}};
  Jobs jobs;
  for (const char* dtype : {"bf16", "fp8"}) {
    Parameters changed = common;
    changed["dtype"] = dtype;
    jobs.add("adasteer", changed);
    jobs.add("none", {{"dtype", dtype}});
  }
  const Outcomes shared = run_bundle(*engine, jobs.all());
  check_equal(shared, run_bundle(*unshared_engine(), jobs.all()));
  const JobOutput &narrow = output_of(shared, "job0"), &rounded = output_of(shared, "job2");
  CHECK(rounded.provenance.trajectory == narrow.provenance.trajectory);
  CHECK(rounded.shared_with == std::vector<std::string>{"job0"});
  CHECK(rounded.provenance.generation != narrow.provenance.generation);
  CHECK(output_of(shared, "job3").provenance.generation !=
        output_of(shared, "job1").provenance.generation);
  CHECK(pixels_of(shared, "job2") != pixels_of(shared, "job0"));
}

TEST_CASE("a result records what was shared, what the job costs by itself, and what was spent") {
  Jobs jobs;
  const Parameters plain = {{"early_stop.enabled", false}, {"steps", 6}};
  const std::string longest = jobs.add("adasteer", plain).job_id;
  const std::string twin =
      jobs.add("adasteer",
               {{"early_stop.enabled", false}, {"steps", 6}, {"metrics", Value::List{"ssim"}}})
          .job_id;
  const std::string none = jobs.add("none").job_id;
  const std::string stuck =  // no check before the end: it generates from the start
      jobs.add("adasteer", {{"steps", 3}, {"lr", 0.0}, {"early_stop.check_every", 3}}).job_id;
  const auto engine = make_engine();
  const Outcomes outcomes = run_bundle(*engine, jobs.all());

  const JobOutput& first = output_of(outcomes, longest);
  const JobOutput& second = output_of(outcomes, twin);
  CHECK(first.shared_with == std::vector<std::string>{twin});
  CHECK(second.shared_with == std::vector<std::string>{longest});
  CHECK(first.provenance.generation == second.provenance.generation);
  CHECK(second.timings.train_s == first.timings.train_s);
  CHECK(second.timings.generate_s == first.timings.generate_s);
  const StageTimings& times = second.timings;
  // The time of the twin's steps and generation was not spent again.
  CHECK(times.alone_s - times.spent_s >= 0.999 * (times.train_s + times.generate_s));
  CHECK(times.alone_s >=
        times.decode_s + times.encode_s + times.train_s + times.generate_s + times.latent_decode_s);
  CHECK(times.alone_s > times.spent_s);

  const JobOutput& start = output_of(outcomes, stuck);
  CHECK(start.adaptation.best_step == 0);
  CHECK(start.shared_with == std::vector<std::string>{none});
  CHECK(start.provenance.generation == output_of(outcomes, none).provenance.generation);
  CHECK(start.provenance.trajectory != first.provenance.trajectory);
}

TEST_CASE("the shared steps are run once") {
  Jobs jobs;
  for (const int steps : {9, 3, 6}) {
    jobs.add("adasteer", {{"early_stop.enabled", false}, {"steps", steps}});
  }
  const auto engine = make_engine();
  int trained = 0;
  class CountingSink final : public Sink {
   public:
    explicit CountingSink(int& count) : count_(count) {}
    void on_progress(const std::string& stage, int, int) override { count_ += stage == "train"; }
    bool cancelled() const override { return false; }

   private:
    int& count_;
  };
  const Outcomes outcomes = run_bundle(*engine, jobs.all(), [&](const JobInput& job) {
    CountingSink sink(trained);
    return engine->run(job, sink);
  });
  CHECK(trained == 9);
  CHECK(steps_spent(outcomes) == 18);
}

TEST_CASE("a job that was not announced, and a repeated one, run by themselves in between") {
  Jobs jobs;
  for (const int steps : {2, 4, 5}) {
    jobs.add("full", with_rate("full", 0.3, {{"early_stop.enabled", false}, {"steps", steps}}));
  }
  JobInput stranger = jobs.all().at(1);
  stranger.job_id = "stranger";
  const auto engine = make_engine();
  const auto unshared = unshared_engine();
  const auto alone = run_bundle(*unshared, jobs.all());
  const std::vector<std::size_t> order = engine->begin_bundle(jobs.all());
  for (const std::size_t job : order) {
    check_equal(keep(outcome_of(*engine, jobs.all()[job])), alone.at(jobs.all()[job].job_id));
    const JobOutput output = succeed(*engine, stranger);
    CHECK(output.shared_with.empty());
    CHECK((output.metrics == output_of(alone, "job1").metrics));
    CHECK(succeed(*engine, jobs.all()[job]).shared_with.empty());
  }
  engine->end_bundle();
}

TEST_CASE("jobs that are out of order, or with the last one missing, lose nothing") {
  Jobs jobs;
  for (const int steps : {2, 4, 5}) jobs.add("full", with_rate("full", 0.3, {{"steps", steps}}));
  const auto engine = make_engine();
  const auto unshared = unshared_engine();
  const auto alone = run_bundle(*unshared, jobs.all());
  engine->begin_bundle(jobs.all());
  for (const std::size_t job : {1, 0}) {
    check_equal(keep(outcome_of(*engine, jobs.all()[job])), alone.at(jobs.all()[job].job_id));
  }
  engine->end_bundle();
  check_equal(run_bundle(*engine, jobs.all()), alone);
}

TEST_CASE("a divergence fails the jobs that read so far, each as it would by itself") {
  Jobs jobs;
  for (const int steps : {1, 9, 12}) {
    jobs.add(
        "full",
        {{"steps", steps}, {"early_stop.enabled", false}, {"lr", 1e18}, {"max_grad_norm", 1e18}});
  }
  jobs.add("none");
  const std::string device = GENERATE(from_range(std::begin(kDevices), std::end(kDevices)));
  INFO(device);
  const auto engine = make_engine(device);
  const auto unshared = unshared_engine(device);
  const Outcomes alone = run_bundle(*unshared, jobs.all());
  check_equal(run_bundle(*engine, jobs.all()), alone);
  for (const std::string job : {"job1", "job2"}) {
    const auto& failure = std::get<JobFailure>(alone.at(job));
    CHECK(failure.cause == FailureCause::kDiverged);
  }
}

TEST_CASE("whatever fails at any moment, the other jobs get the same bits") {
  const std::string device = GENERATE(from_range(std::begin(kDevices), std::end(kDevices)));
  INFO(device);
  const auto engine = make_engine(device);
  const auto unshared = unshared_engine(device);
  const std::uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  const std::vector<std::function<void()>> faults = {
      nullptr, [] { throw std::runtime_error("injected"); }, [] { throw std::bad_alloc(); }};
  for (const std::string name : {"full", "adasteer"}) {
    const Jobs jobs = jobs_of(name);
    const Outcomes alone = run_bundle(*unshared, jobs.all());
    for (int round = 0; round < 4; ++round) {
      std::set<std::string> broken;
      const Outcomes shared = run_bundle(*engine, jobs.all(), [&](const JobInput& job) {
        if (pick(0, 2) != 0) return outcome_of(*engine, job);
        FaultySink sink(pick(1, 12), faults[static_cast<std::size_t>(pick(0, 2))]);
        JobOutcome outcome = engine->run(job, sink);
        if (std::holds_alternative<JobFailure>(outcome)) broken.insert(job.job_id);
        return outcome;
      });
      for (const auto& [job, outcome] : shared) {
        INFO(name << ", round " << round << ", " << job);
        if (broken.count(job) == 0) check_equal(outcome, alone.at(job));
      }
    }
  }
}

TEST_CASE("a job that runs out of memory while sharing is run by itself, and so are the others") {
  Jobs jobs;
  for (const int steps : {2, 4, 5})
    jobs.add("adasteer", with_rate("adasteer", 0.3, {{"steps", steps}}));
  const std::string device = GENERATE(from_range(std::begin(kDevices), std::end(kDevices)));
  INFO(device);
  const auto engine = make_engine(device);
  const auto unshared = unshared_engine(device);
  const auto alone = run_bundle(*unshared, jobs.all());
  const Outcomes shared = run_bundle(*engine, jobs.all(), [&](const JobInput& job) {
    FaultySink sink(job.job_id == "job1" ? 4 : 0, [] { throw std::bad_alloc(); });
    return engine->run(job, sink);
  });
  check_equal(shared, alone);
  CHECK(output_of(shared, "job0").shared_with.size() == 2);
  CHECK(output_of(shared, "job1").shared_with.empty());
  CHECK(output_of(shared, "job2").shared_with.empty());
}

TEST_CASE("two devices agree on what is left, whenever the first one fails") {
  Jobs jobs;
  for (const int steps : {2, 3, 3}) jobs.add("adasteer", {{"steps", steps}});
  jobs.add("adasteer", {{"steps", 3}, {"early_stop.check_every", 1}});
  const auto unshared = unshared_engine("cpu,cpu");
  const auto alone = run_bundle(*unshared, jobs.all());
  const std::vector<std::function<void()>> faults = {
      nullptr, [] { throw std::runtime_error("injected"); }, [] { throw std::bad_alloc(); }};
  for (const std::function<void()>& fault : faults) {
    // Until the job is over before its fault.
    for (int at = 1, fails = 1; fails == 1; ++at) {
      INFO("fault " << &fault - faults.data() << " at " << at);
      const auto engine = make_engine("cpu,cpu");
      const std::string first = jobs.all()[engine->begin_bundle(jobs.all()).front()].job_id;
      const Outcomes shared = run_bundle(*engine, jobs.all(), [&](const JobInput& job) {
        FaultySink sink(job.job_id == first ? at : 0, fault);
        return engine->run(job, sink);
      });
      fails = std::holds_alternative<JobFailure>(shared.at(first)) ? 1 : 0;
      for (const auto& [job, outcome] : shared) {
        if (job != first || fails == 0) check_equal(outcome, alone.at(job));
      }
      REQUIRE(at < 100);
    }
  }
}

TEST_CASE("a bundle with a job that cannot be read runs the others together") {
  Jobs jobs;
  jobs.add("adasteer", {{"steps", 3}});
  jobs.add("adasteer", {{"steps", 4}}).parameters.erase("early_stop.patience");
  jobs.add("adasteer", {{"steps", 5}});
  const auto engine = make_engine();
  const Outcomes outcomes = run_bundle(*engine, jobs.all());
  CHECK(std::get<JobFailure>(outcomes.at("job1")).cause == FailureCause::kUser);
  CHECK(output_of(outcomes, "job0").shared_with == std::vector<std::string>{"job2"});
  CHECK(output_of(outcomes, "job2").shared_with == std::vector<std::string>{"job0"});
}
