#include "coordinator/sweep/price.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/identity.h"
#include "coordinator/sweep/known_outcomes.h"
#include "coordinator/sweep/plan_text.h"
#include "coordinator/sweep/schema.h"
#include "coordinator/sweep/share_keys.h"

namespace cox::sweep {

namespace {

constexpr std::int64_t kMaxWorkers = 1'000'000;
constexpr std::int64_t kMostVideosPriced = 1'000'000;

/// Parameters that do not bear on time.
const std::set<std::string>& timeless() {
  static const std::set<std::string> names = {
      "adam_eps",      "alpha",     "clip",          "loss_target",  "lr",
      "max_grad_norm", "seed",      "steps",         "warmup_steps", "constant_prompt",
      "weight_decay",  "replicate", "prompt_source", "score",        "metric_conventions",
      "momentum",      "scaling",   "clip_together", "form",         "final_vector",
      "direction"};
  return names;
}

enum class Work { kSource, kStep, kCheck, kGeneration, kDecode, kScore };

const char* work_name(Work work) {
  switch (work) {
    case Work::kSource:
      return "source";
    case Work::kStep:
      return "steps";
    case Work::kCheck:
      return "checks";
    case Work::kGeneration:
      return "generation";
    case Work::kDecode:
      return "decode";
    case Work::kScore:
      return "score";
  }
  return "?";
}

/// Whether the time of the work follows from the parameter.
bool bears_on(Work work, const ParameterSchema& parameter) {
  const std::string& name = parameter.name;
  if (timeless().contains(name)) return false;
  switch (parameter.stage) {
    case Stage::kSource:
      return true;
    case Stage::kAdaptation:
      if (work == Work::kSource) return starts_with(name, "adaptation_window.");
      return (work == Work::kStep || work == Work::kCheck) && parameter.role != Role::kObserver;
    case Stage::kGeneration:
      if (work == Work::kSource) return name == "cond_frames" || name == "total_frames";
      return work == Work::kGeneration || work == Work::kDecode || work == Work::kScore;
    case Stage::kMetrics:
      return work == Work::kScore;
  }
  return true;
}

/// Equal for work that takes equally long on one device and build.
using Geometry = std::pair<Work, std::string>;

Geometry geometry_of(Work work, const MethodSchema& method, const Parameters& parameters,
                     const std::string& model_digest) {
  const Parameters kept = method.parameters_where(
      [&](const ParameterSchema& schema) { return bears_on(work, schema); }, parameters);
  std::string text = model_digest + " " + canonical_parameters(kept);
  if (work == Work::kStep || work == Work::kCheck) text += " " + method.name;
  if (work == Work::kCheck) text += fmt::format(" {} probes", probes_of(parameters));
  return {work, text};
}

/// Seconds of one unit of work by its geometry, on the newest build that ran on the device.
class MeasuredSeconds {
 public:
  MeasuredSeconds(const Schemas& schemas, const PriceOptions& options) {
    if (!options.measured) return;
    const MeasuredRun* newest = nullptr;
    for (const MeasuredRun& run : options.measured->runs) {
      if (!is_on(run, options.device)) continue;
      if (newest == nullptr || run.newest_us > newest->newest_us) newest = &run;
    }
    if (newest == nullptr) return;
    measured_on_ = fmt::format("{}, build {}, in {}", newest->device_name, newest->build,
                               options.measured->source);
    for (const MeasuredRun& run : options.measured->runs) {
      const MethodSchema* method = schemas.find_method(run.method);
      if (method == nullptr || run.build != newest->build) continue;
      if (run.device_name == newest->device_name) add(*method, run);
    }
  }

  std::optional<double> find(const Geometry& key) const {
    const auto found = sums_.find(key);
    if (found == sums_.end() || found->second.second == 0) return std::nullopt;
    return found->second.first / static_cast<double>(found->second.second);
  }

  const std::string& measured_on() const { return measured_on_; }

 private:
  static bool is_on(const MeasuredRun& run, const DeviceModel& device) {
    return run.device == device.device &&
           run.device_name.find(device.name_contains) != std::string::npos;
  }

  void add(const MethodSchema& method, const MeasuredRun& run) {
    const std::tuple<Work, double, std::int64_t> sums[] = {
        {Work::kSource, run.source_s, run.results},
        {Work::kStep, run.train_s, run.steps},
        {Work::kCheck, run.check_s, run.checks},
        {Work::kGeneration, run.generate_s, run.results},
        {Work::kDecode, run.decode_s, run.results},
        {Work::kScore, run.score_s, run.results}};
    for (const auto& [work, seconds, units] : sums) {
      auto& sum = sums_[geometry_of(work, method, run.parameters, run.model_digest)];
      sum.first += seconds;
      sum.second += units;
    }
  }

  std::map<Geometry, std::pair<double, std::int64_t>> sums_;
  std::string measured_on_;
};

std::optional<sharing::StopRule> rule_of(const Parameters& parameters) {
  if (probes_of(parameters) == 0) return std::nullopt;
  const auto whole = [&](const char* name) { return *parameters.at(name).get_if<std::int64_t>(); };
  sharing::StopRule rule{whole("early_stop.check_every"),
                         whole("early_stop.patience"),
                         whole("early_stop.noise_draws"),
                         {}};
  if (parameters.at("early_stop.context") == Value("adjacent")) {
    rule.context = sharing::CheckContext::kAdjacent;
  }
  for (const Value& sigma : *parameters.at("early_stop.sigmas").get_if<Value::List>()) {
    rule.sigmas.push_back(*sigma.get_if<double>());
  }
  return rule;
}

/// How many checks a run makes, the one before the first step included.
std::int64_t checks_of(const Parameters& parameters) {
  const auto whole = [&](const char* name) { return *parameters.at(name).get_if<std::int64_t>(); };
  return 1 + whole("steps") / whole("early_stop.check_every");
}

class Pricer {
 public:
  Pricer(const std::vector<SweepPlan>& plans, const PriceOptions& options, const Schemas& schemas)
      : plans_(plans),
        options_(options),
        schemas_(schemas),
        measured_(schemas, options),
        outcomes_(schemas, options.measured) {}

  Result<PlanPrice> price() {
    price_.workers = options_.workers;
    price_.device = options_.device.name;
    price_.measured_on = measured_.measured_on();
    price_.videos = options_.videos;
    for (const SweepPlan& plan : plans_) COX_RETURN_IF_ERROR(add_plan(plan));
    price_.duplicates = duplicates();
    COX_RETURN_IF_ERROR(price_items());
    COX_RETURN_IF_ERROR(price_expected());
    return std::move(price_);
  }

 private:
  Status add_plan(const SweepPlan& plan) {
    if (plan.runs.empty()) return Status::ok();
    COX_ASSIGN_OR_RETURN(const ModelShape shape, model_shape(plan.facts));
    price_.load_s = std::max(price_.load_s, 2 * shape.parameters() * options_.device.load *
                                                static_cast<double>(options_.workers));
    const std::size_t first = jobs_.size();
    for (const Run& run : plan.runs) {
      jobs_.push_back(job_of(run, plan, shape));
      distinct_.insert(data_of(plan) + jobs_.back().identity);
      names_[data_of(plan) + run.effect].push_back(plan.series.name + "/" + run.name);
      const int gpus = std::max(1, static_cast<int>(plan.resources.gpus));
      const auto peak = [&](bool recomputes) {
        return peak_memory_bytes(run.method, run.parameters, shape, gpus, recomputes);
      };
      price_.peak_memory_bytes = std::max(price_.peak_memory_bytes, peak(false));
      price_.recomputed_peak_memory_bytes =
          std::max(price_.recomputed_peak_memory_bytes, peak(true));
    }
    price_.runs += plan.runs.size();
    add_videos(plan, first);
    return Status::ok();
  }

  /// Returns the key of the plan's data set; its manifest's path if the videos were not read.
  static std::string data_of(const SweepPlan& plan) {
    return plan.dataset.digest.empty() ? plan.written.manifest + "\n" : plan.dataset.digest + "\n";
  }

  void add_videos(const SweepPlan& plan, std::size_t first) {
    if (plan.dataset.digest.empty()) {
      price_.inputs_were_read = false;
      const std::int64_t count =
          std::min(options_.videos, plan.written.max_videos.value_or(options_.videos));
      for (std::int64_t i = 0; i < count; ++i) {
        add_jobs(plan, first, nullptr, i, fmt::format("{}\n{}", plan.written.manifest, i));
      }
    }
    std::int64_t place = 0;
    for (const PlannedVideo& video : plan.dataset.videos) {
      const std::string item = video.id + "\n" + video.digest + "\n" + video.caption;
      add_jobs(plan, first, &video, place++, item);
    }
  }

  /// Adds the jobs of the item at `place`, which runs over fewer items do not have.
  void add_jobs(const SweepPlan& plan, std::size_t first, const Video* video, std::int64_t place,
                const std::string& item) {
    std::vector<std::size_t>& jobs = items_[item];
    for (std::size_t run = 0; run < plan.runs.size(); ++run) {
      if (place >= plan.runs[run].max_videos) continue;
      ++price_.jobs;
      if (video != nullptr && is_done(plan.runs[run], *video)) {
        ++price_.known_jobs;
      } else {
        jobs.push_back(first + run);
      }
    }
  }

  bool is_done(const Run& run, const Video& video) const {
    return options_.measured && !options_.measured->done_jobs.empty() &&
           options_.measured->done_jobs.contains(job_digest(run, video));
  }

  sharing::PricedJob job_of(const Run& run, const SweepPlan& plan, const ModelShape& shape) {
    const MethodSchema& method = *schemas_.find_method(run.method, plan.written.backbone);
    ModelFiles model = plan.model;
    model.backbone = plan.written.backbone;
    if (model.digest.empty()) model.digest = plan.written.model;
    const ShareKeys keys = share_keys(method, run.parameters, model);
    sharing::PricedJob job;
    job.shape = {keys.trajectory,
                 keys.horizon,
                 {},
                 keys.generation,
                 passes_key(method, run.parameters, model)};
    if (method.trains) job.shape.stop = rule_of(run.parameters);
    job.state_bytes = state_bytes(run.method, shape);
    job.identity = run_digest(run, model);
    adaptations_.push_back(adaptation_of(method, run.parameters));
    job.source = geometry_of(Work::kSource, method, run.parameters, model.digest).second;
    job.seconds = seconds_of(run, method, model.digest, shape);
    return job;
  }

  sharing::UnitSeconds seconds_of(const Run& run, const MethodSchema& method,
                                  const std::string& digest, const ModelShape& shape) {
    sharing::UnitSeconds seconds =
        counted_seconds(run.method, run.parameters, shape, options_.device);
    const auto take = [&](Work work, double& unit) {
      const auto measured = measured_.find(geometry_of(work, method, run.parameters, digest));
      if (measured) unit = *measured;
      ++price_.origin[fmt::format("{}, {}", work_name(work), measured ? "measured" : "counted")];
    };
    take(Work::kSource, seconds.source);
    if (method.control) {
      seconds.generation = 0;
    } else {
      take(Work::kGeneration, seconds.generation);
    }
    take(Work::kDecode, seconds.decode);
    take(Work::kScore, seconds.score);
    if (!method.trains) return seconds;
    take(Work::kStep, seconds.step);
    const auto probes = static_cast<double>(probes_of(run.parameters));
    if (probes == 0) return seconds;
    // A whole check was measured; its parts keep their proportion.
    const double counted = seconds.check + probes * seconds.probe;
    double whole = counted;
    take(Work::kCheck, whole);
    if (whole != counted && method.acts_on == std::vector<std::string>{"output"}) {
      // Only the first check computed anything; the measured mean is over all of them.
      whole *= static_cast<double>(checks_of(run.parameters));
    }
    seconds.check *= whole / counted;
    seconds.probe *= whole / counted;
    return seconds;
  }

  std::vector<std::vector<std::string>> duplicates() {
    std::vector<std::vector<std::string>> groups;
    price_.distinct_runs = distinct_.size();
    for (auto& [identity, names] : names_) {
      if (names.size() > 1) groups.push_back(std::move(names));
    }
    std::sort(groups.begin(), groups.end());
    return groups;
  }

  /// Videos with the same jobs cost the same, so each set of jobs is priced once.
  Status price_items() {
    std::map<std::vector<std::size_t>, sharing::ItemPrice> prices;
    std::vector<double> pieces;
    for (const auto& [item, members] : items_) {
      auto found = prices.find(members);
      if (found == prices.end()) {
        std::vector<sharing::PricedJob> jobs;
        for (const std::size_t member : members) jobs.push_back(jobs_[member]);
        COX_ASSIGN_OR_RETURN(sharing::ItemPrice price, sharing::price_item(jobs));
        found = prices.emplace(members, std::move(price)).first;
      }
      price_.naive.add(found->second.naive);
      price_.shared.add(found->second.shared);
      price_.least.add(found->second.least);
      pieces.insert(pieces.end(), found->second.pieces.begin(), found->second.pieces.end());
    }
    if (pieces.empty()) price_.load_s = 0;
    price_.finish_s = price_.load_s / static_cast<double>(options_.workers) +
                      sharing::finish_seconds(pieces, options_.workers);
    return Status::ok();
  }

  /// The jobs as they are when rules do what they did on `video` of the database.
  std::vector<sharing::PricedJob> jobs_as_on(const std::string& video,
                                             const std::vector<std::size_t>& members) const {
    std::vector<sharing::PricedJob> jobs;
    for (const std::size_t member : members) {
      jobs.push_back(jobs_[member]);
      if (jobs.back().shape.stop) jobs.back().outcome = outcomes_.find(adaptations_[member], video);
    }
    return jobs;
  }

  Status price_expected() {
    ExpectedPrice expected;
    expected.videos = static_cast<std::int64_t>(outcomes_.videos().size());
    for (std::size_t run = 0; run < jobs_.size(); ++run) {
      if (!jobs_[run].shape.stop) continue;
      ++expected.rules;
      expected.known += outcomes_.has(adaptations_[run]) ? 1 : 0;
    }
    if (expected.known == 0) return Status::ok();
    std::map<std::vector<std::size_t>, double> times;
    for (const auto& [item, members] : items_) ++times[members];
    for (const auto& [members, count] : times) {
      for (const std::string& video : outcomes_.videos()) {
        COX_ASSIGN_OR_RETURN(const sharing::ItemPrice price,
                             sharing::price_item(jobs_as_on(video, members)));
        const double weight = count / static_cast<double>(expected.videos);
        expected.naive_s += weight * price.naive.seconds.total();
        expected.shared_s += weight * price.shared.seconds.total();
      }
    }
    expected.naive_s += price_.load_s;
    expected.shared_s += price_.load_s;
    price_.expected = expected;
    return Status::ok();
  }

  const std::vector<SweepPlan>& plans_;
  const PriceOptions& options_;
  const Schemas& schemas_;
  MeasuredSeconds measured_;
  KnownOutcomes outcomes_;
  PlanPrice price_;
  std::vector<sharing::PricedJob> jobs_;                   ///< one for each run of each plan
  std::vector<std::string> adaptations_;                   ///< of each job
  std::map<std::string, std::vector<std::size_t>> items_;  ///< indices of jobs by video
  std::set<std::string> distinct_;                         ///< data sets and identities of runs
  std::map<std::string, std::vector<std::string>> names_;  ///< of runs by data set and effect
};

/// What is saved beyond that when stop rules choose states that are generated anyway.
std::string least_text(const PlanPrice& price) {
  if (price.least_s() == price.shared_s()) return "";
  std::string text =
      fmt::format(" when stop rules choose different states, {:.3f} when each chooses the start",
                  price.least_s() / price.naive_s());
  return text;
}

std::string hours(double seconds) { return fmt::format("{:.4g}", seconds / 3600); }

std::string expected_text(const PlanPrice& price) {
  if (!price.expected) return "";
  const ExpectedPrice& expected = *price.expected;
  return fmt::format(
      "expected: {:.3f}, {} of {} hours, when rules end and choose as those of equal settings did "
      "in the database: {} of {} rules are known there, on {}\n",
      expected.shared_s / expected.naive_s, hours(expected.shared_s), hours(expected.naive_s),
      expected.known, expected.rules, counted(expected.videos, "item"));
}

}  // namespace

Result<PlanPrice> price_of(const std::vector<SweepPlan>& plans, const PriceOptions& options) {
  if (options.workers < 1 || options.workers > kMaxWorkers) {
    return invalid_argument(
        fmt::format("workers: expected 1 to {}, got {}", kMaxWorkers, options.workers));
  }
  if (options.videos < 1 || options.videos > kMostVideosPriced) {
    return invalid_argument(
        fmt::format("videos: expected 1 to {}, got {}", kMostVideosPriced, options.videos));
  }
  COX_ASSIGN_OR_RETURN(const Schemas schemas, load_schemas());
  return Pricer(plans, options, schemas).price();
}

std::string price_text(const PlanPrice& price) {
  std::string text =
      fmt::format("price on {}: {}, {} distinct; {}, {} of them done already\n", price.device,
                  counted(static_cast<std::int64_t>(price.runs), "run"), price.distinct_runs,
                  counted(price.jobs, "job"), price.known_jobs);
  if (!price.inputs_were_read) {
    text += fmt::format("inputs were not read: priced for {} of each data set\n",
                        counted(price.videos, "item"));
  }
  text += fmt::format("{:<12}{:>12}{:>12}   hours of the device\n", "", "naive", "shared");
  const sharing::CauseSeconds& naive = price.naive.seconds;
  const sharing::CauseSeconds& shared = price.shared.seconds;
  const std::tuple<const char*, double, double> rows[] = {
      {"training", naive.training, shared.training},
      {"checks", naive.checks, shared.checks},
      {"generation", naive.generation, shared.generation},
      {"decode", naive.decode, shared.decode},
      {"source", naive.source, shared.source},
      {"score", naive.score, shared.score},
      {"load", price.load_s, price.load_s},
      {"total", price.naive_s(), price.shared_s()}};
  for (const auto& [name, alone, once] : rows) {
    text += fmt::format("{:<12}{:>12}{:>12}\n", name, hours(alone), hours(once));
  }
  if (price.naive_s() > 0) {
    text += fmt::format("shared / naive: {:.3f}{}\n", price.shared_s() / price.naive_s(),
                        least_text(price));
  }
  text += expected_text(price);
  text += fmt::format(
      "peak memory of a GPU: {:.1f} GB when nothing is recomputed, {:.1f} GB when every block is\n",
      price.peak_memory_bytes / 1e9, price.recomputed_peak_memory_bytes / 1e9);
  text += fmt::format("finish: {} hours with {}\n", hours(price.finish_s),
                      counted(price.workers, "worker"));
  std::vector<std::string> origins;
  for (const auto& [origin, runs] : price.origin) {
    origins.push_back(fmt::format("{} for {}", origin, counted(runs, "run")));
  }
  text += fmt::format("seconds: {}\n", origins.empty() ? "none" : join(origins, "; "));
  if (!price.measured_on.empty()) text += fmt::format("measured on: {}\n", price.measured_on);
  return text;
}

}  // namespace cox::sweep
