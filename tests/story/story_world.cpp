#include "tests/story/story_world.h"

#include <map>
#include <stdexcept>

#include "base/digest.h"
#include "base/text.h"

namespace cox::story {

namespace {

core::Selection selection_of(const Command& command) {
  return {command.get("series"), command.get("run"), command.get("job"), command.has("dry")};
}

Resources resources_of(const Command& command) {
  constexpr std::int64_t kGigabyte = 1'000'000'000;
  return {static_cast<std::uint32_t>(command.number("gpus", 0)),
          command.number("gpu_gb", 0) * kGigabyte, command.number("memory_gb", 0) * kGigabyte};
}

/// `stop=median:2`, `stop=asha:2:3`, and `spared=a,b`.
StopRule stop_rule_of(const Command& command) {
  const std::string text = command.get("stop");
  StopRule rule;
  if (text.empty()) return rule;
  const std::vector<std::string> parts = split(text, ':');
  rule.kind = parts.at(0);
  rule.metric = "psnr";
  rule.min_items = static_cast<std::uint32_t>(std::stoul(parts.at(1)));
  if (parts.size() > 2) rule.factor = static_cast<std::uint32_t>(std::stoul(parts.at(2)));
  rule.spared = command.list("spared");
  return rule;
}

/// `name` or `name:configuration`.
std::pair<std::string, std::string> name_and_configuration(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return {text, text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

core::JobDigest digest_of(const std::string& run_digest, const core::SubmittedVideo& video) {
  return core::JobDigest::parse(
             sha256_of(concat(run_digest, ' ', video.id, ' ', video.digest, ' ', video.caption)))
      .value();
}

}  // namespace

std::string World::run(const Command& command) {
  const std::string& name = command.name();
  std::string output;
  if (name == "config") {
    output = configure(command);
  } else if (name == "submit") {
    output = submit(command);
  } else if (name == "join") {
    const std::string worker = command.get("worker");
    output = apply(core::WorkerJoined{worker, command.get("machine", "host"), 1, "cpu",
                                      command.get("device", "a processor"), "build",
                                      resources_of(command)});
  } else if (name == "lease") {
    output =
        apply(core::LeaseAsked{worker_named(command.get("worker")), sha256_of(command.get("model")),
                               static_cast<std::uint32_t>(command.number("max", 8))});
  } else if (name == "beat") {
    core::HeartbeatSeen beat{worker_named(command.get("worker")), {}, {}};
    for (const std::string& lease : command.list("leases")) beat.leases.emplace_back(lease);
    if (command.has("running")) beat.running = job_named(command.get("running"));
    output = apply(std::move(beat));
  } else if (name == "report") {
    output = report(command);
  } else if (name == "leave") {
    output = apply(core::WorkerLeft{worker_named(command.get("worker")), command.get("because")});
  } else if (name == "wait") {
    now_ += command.duration("for", "0s");
    output = apply(core::Tick{});
  } else if (name == "stall") {
    now_ += command.duration("for", "0s");
    output = apply(core::Stalled{command.duration("for", "0s")});
  } else if (name == "cancel") {
    output = apply(core::CancelAsked{selection_of(command)});
  } else if (name == "retry") {
    output = retry(command);
  } else if (name == "priority") {
    output = apply(core::PriorityAsked{selection_of(command),
                                       static_cast<std::int32_t>(command.number("to", 0))});
  } else if (name == "pause") {
    output = apply(core::PauseAsked{selection_of(command)});
  } else if (name == "resume") {
    output = apply(core::ResumeAsked{selection_of(command)});
  } else if (name == "label") {
    core::LabelAsked event{selection_of(command), command.list("add"), command.list("remove"), {}};
    if (command.has("note")) event.note = command.get("note");
    output = apply(std::move(event));
  } else if (name == "restart") {
    output = restart();
  } else if (name == "counts") {
    output = counts(command);
  } else {
    throw std::runtime_error("unknown command " + name);
  }
  if (const std::string word = command.unknown(); !word.empty()) {
    throw std::runtime_error(concat(name, " has no argument ", word));
  }
  core_.sanity_check();
  return output;
}

std::string World::apply(core::Event event) {
  const core::Effects effects = core_.apply(std::move(event), now_);
  for (const core::Save& save : effects.saves) {
    if (const auto* jobs = std::get_if<core::SaveJobs>(&save)) {
      for (const core::JobRecord& job : jobs->jobs) job_digests_[job.number] = job.digest;
    }
    if (const auto* worker = std::get_if<core::SaveWorker>(&save)) {
      worker_ids_[worker->worker.name] =
          concat(worker->worker.name, '.', static_cast<unsigned>(worker->worker.number));
    }
  }
  return render(effects);
}

std::string World::submit(const Command& command) {
  core::Submitted event;
  event.series = command.get("series", "s");
  std::vector<std::string> digests;  // of the first videos
  std::map<std::string, std::size_t> taken;
  for (const std::string& text : command.list("take")) {
    const auto [name, videos] = name_and_configuration(text);
    taken[name] = std::stoul(videos);
  }
  for (const std::string& text : command.list("videos")) {
    core::SubmittedVideo video{{text, "/videos/" + text, sha256_of(text), "a video"}, false};
    for (const std::string& id : command.list("expect")) video.failure_expected |= id == text;
    event.dataset_digest = sha256_of(event.dataset_digest + text);
    digests.push_back(event.dataset_digest);
    event.videos.push_back(std::move(video));
  }
  event.dataset = "d";
  const std::string place = command.has("place") ? " at " + command.get("place") : "";
  for (const std::string& text : command.list("runs")) {
    const auto [name, configuration] = name_and_configuration(text);
    const std::string digest = sha256_of(configuration);
    event.runs.push_back({name, "{}", digest, "none", "toy", sha256_of(command.get("model", "m")),
                          "{}", concat("definition of ", configuration, place)});
    if (command.has("trains")) event.runs.back().share.trajectory = digest;
    if (taken.contains(name)) {
      event.runs.back().videos = taken.at(name);
      event.runs.back().dataset_digest = digests.at(taken.at(name) - 1);
    }
    for (std::size_t v = 0; v < event.videos_of(event.runs.back()); ++v) {
      const core::SubmittedVideo& video = event.videos[v];
      event.jobs.push_back(digest_of(digest, video));
      job_names_.emplace(event.jobs.back(), configuration + '/' + video.id);
    }
  }
  event.priority = static_cast<std::int32_t>(command.number("priority", 0));
  event.retry.crash = static_cast<std::uint32_t>(command.number("crash", 2));
  event.retry.oom = static_cast<std::uint32_t>(command.number("oom", 1));
  event.retry.lost = static_cast<std::uint32_t>(command.number("lost", 10));
  event.retry.backoff_base_us = command.duration("base", "1s");
  event.retry.backoff_max_us = command.duration("max", "10s");
  event.needs = resources_of(command);
  event.policy.fail_fast = command.has("fail_fast");
  event.policy.max_gpu_hours = static_cast<double>(command.number("gpu_hours", 0));
  event.job_time_limit = command.duration("time", "0s");
  event.stop_rule = stop_rule_of(command);
  event.policy.max_failed_jobs = static_cast<std::uint32_t>(command.number("max_failed", 0));
  return apply(std::move(event));
}

std::string World::report(const Command& command) {
  core::Reported event;
  event.worker = worker_named(command.get("worker"));
  event.lease = LeaseId(command.get("lease"));
  event.job = job_named(command.get("job"));
  event.attempt = static_cast<std::uint32_t>(command.number("attempt", 1));
  event.finished_at = command.duration("took", "0s");
  if (command.has("failed")) {
    const auto cause = cause_named(command.get("failed"));
    if (!cause) throw std::runtime_error("unknown cause");
    event.outcome = JobFailure{*cause, command.get("message", "it broke"), command.get("detail")};
  } else if (command.has("ok")) {
    JobOutput result;
    const auto psnr = static_cast<double>(command.number("psnr", 20));
    result.metrics.push_back({"psnr", psnr, {psnr}});
    event.outcome = core::JobResult(std::move(result));
  } else {
    throw std::runtime_error("report needs ok or failed=");
  }
  return apply(std::move(event));
}

std::string World::retry(const Command& command) {
  core::RetryAsked event;
  event.select = selection_of(command);
  for (const std::string& state : command.list("states")) {
    event.states.push_back(core::state_named(state).value());
  }
  for (const std::string& cause : command.list("causes")) {
    event.causes.push_back(cause_named(cause).value());
  }
  return apply(std::move(event));
}

std::string World::counts(const Command& command) const {
  core::JobCounts counts = core_.counts();
  if (command.has("series")) {
    const auto series = core_.counts_of_series(command.get("series"));
    if (!series) return "no such series\n";
    counts = *series;
  }
  return concat("queued=", counts.queued, " leased=", counts.leased, " done=", counts.done,
                " failed=", counts.failed, " failed_as_expected=", counts.failed_as_expected,
                " cancelled=", counts.cancelled, " paused=", counts.paused,
                counts.stopped == 0 ? "" : concat(" stopped=", counts.stopped), '\n');
}

std::string World::configure(const Command& command) {
  config_.lease_duration = command.duration("lease", "30s");
  config_.reconnect_grace = command.duration("grace", "60s");
  config_.worker_silence = command.duration("silence", "90s");
  config_.quarantine_after_kills = static_cast<std::uint32_t>(command.number("kills", 5));
  config_.max_affinity_grants = static_cast<std::uint32_t>(command.number("affinity", 100));
  config_.backoff_jitter_percent = static_cast<std::uint32_t>(command.number("jitter", 0));
  core_ = core::Core(config_);
  return "";
}

std::string World::restart() {
  const core::Snapshot before = core_.snapshot();
  core_ = core::Core::restore(config_, before, now_);
  return core_.snapshot() == before ? "" : "THE RESTORED STATE DIFFERS\n";
}

std::string World::job_name(const core::JobDigest& job) const { return job_names_.at(job); }

std::string World::job_name(core::JobNumber job) const { return job_name(job_digests_.at(job)); }

core::JobDigest World::job_named(const std::string& name) const {
  for (const auto& [digest, known] : job_names_) {
    if (known == name) return digest;
  }
  return core::JobDigest::parse(sha256_of(name)).value();
}

WorkerId World::worker_named(const std::string& name) const {
  const auto id = worker_ids_.find(name);
  return WorkerId(id == worker_ids_.end() ? name : id->second);
}

}  // namespace cox::story
