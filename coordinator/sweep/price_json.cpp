#include "coordinator/sweep/plan_json.h"
#include "coordinator/sweep/price_fields.h"

namespace cox::sweep {

namespace {

using Json = nlohmann::ordered_json;

constexpr double kSecondsPerHour = 3600;

Json both(double naive, double shared) {
  return {{"naive", naive / kSecondsPerHour}, {"shared", shared / kSecondsPerHour}};
}

Json hours_json(const PlanPrice& price) {
  const sharing::CauseSeconds& naive = price.naive.seconds;
  const sharing::CauseSeconds& shared = price.shared.seconds;
  Json hours = both(price.naive_s(), price.shared_s());
  hours["shared_at_least"] = price.least_s() / kSecondsPerHour;
  if (price.expected) {
    hours["naive_expected"] = price.expected->naive_s / kSecondsPerHour;
    hours["shared_expected"] = price.expected->shared_s / kSecondsPerHour;
  }
  hours["by_cause"] = {{"training", both(naive.training, shared.training)},
                       {"checks", both(naive.checks, shared.checks)},
                       {"generation", both(naive.generation, shared.generation)},
                       {"decode", both(naive.decode, shared.decode)},
                       {"source", both(naive.source, shared.source)},
                       {"score", both(naive.score, shared.score)},
                       {"load", both(price.load_s, price.load_s)}};
  return hours;
}

Json counts_json(const sharing::WorkCounts& counts) {
  return {{"jobs", counts.jobs},     {"sources", counts.sources},
          {"steps", counts.steps},   {"checks", counts.checks},
          {"probes", counts.probes}, {"generations", counts.generations}};
}

}  // namespace

Json price_fields(const PlanPrice& price) {
  Json json = {
      {"runs", price.runs},
      {"distinct_runs", price.distinct_runs},
      {"duplicates", price.duplicates},
      {"jobs", price.jobs},
      {"known_jobs", price.known_jobs},
      {"gpu_hours", hours_json(price)},
      {"work",
       {{"naive", counts_json(price.naive.counts)}, {"shared", counts_json(price.shared.counts)}}},
      {"peak_memory_bytes", price.peak_memory_bytes},
      {"recomputed_peak_memory_bytes", price.recomputed_peak_memory_bytes},
      {"workers", price.workers},
      {"finish_s", price.finish_s},
      {"device_model", price.device},
      {"measured_on", price.measured_on},
      {"seconds_from", price.origin}};
  if (!price.inputs_were_read) json["assumed_videos"] = price.videos;
  return json;
}

std::string price_json(const PlanPrice& price) {
  Json json = {{"format", "cox-price/1"}};
  json.update(price_fields(price));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cox::sweep
