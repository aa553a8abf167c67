#include "coordinator/sweep/read_sections.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "base/text.h"
#include "coordinator/sweep/name_template.h"
#include "coordinator/sweep/read_value.h"
#include "coordinator/sweep/sources.h"

namespace cox::sweep {

namespace {

constexpr std::int64_t kMaxCount = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMostLoras = 16;
constexpr DurationUs kLongestWait = 24 * 3600 * kSecondUs;

LocatedText read_located_text(const Node& node, const char* what, Diagnostics& diagnostics) {
  return {read_text(node, what, diagnostics).value_or(""), node.at};
}

std::vector<LocatedText> read_ids(const Node& node, const std::string& what,
                                  Diagnostics& diagnostics) {
  std::vector<LocatedText> ids;
  if (!node.is_sequence()) {
    diagnostics.error(node.at, what + ": expected a list of video ids, got " + describe(node));
  }
  for (const Node& item : node.items) {
    if (const auto text = read_text(item, what, diagnostics)) ids.push_back({*text, item.at});
  }
  return ids;
}

LocatedText read_path(const Node& node, const char* what, Diagnostics& diagnostics) {
  const auto text = read_text(node, what, diagnostics);
  return {text ? path_from(node.at, *text) : "", node.at};
}

void read_count(const Node& map, const char* key, std::uint32_t& count, Diagnostics& diagnostics) {
  const Node* node = map.find(key);
  if (node == nullptr) return;
  const auto number = read_int(*node, key, 0, kMaxCount, diagnostics);
  if (number) count = static_cast<std::uint32_t>(*number);
}

}  // namespace

// "500ms", "10s", "10m", "2h"
void read_duration(const Node& map, const char* key, DurationUs& duration,
                   Diagnostics& diagnostics) {
  const Node* node = map.find(key);
  if (node == nullptr) return;
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", kMillisecondUs}, {"s", kSecondUs}, {"m", 60 * kSecondUs}, {"h", 3600 * kSecondUs}};
  std::int64_t number = 0;
  const char* begin = node->text.data();
  const char* end = begin + node->text.size();
  const auto [stop, error] = std::from_chars(begin, end, number);
  for (const auto& [unit, factor] : kUnits) {
    if (error != std::errc() || std::string_view(stop, end - stop) != unit) continue;
    if (number < 0 || number > kLongestWait / factor) break;
    duration = number * factor;
    return;
  }
  diagnostics.error(
      node->at, fmt::format("{}: expected a time up to 24h such as 500ms, 10s, 10m, got {}", key,
                            describe(*node)));
}

std::map<std::string, std::string> read_labels(const Node& node, Diagnostics& diagnostics) {
  std::map<std::string, std::string> labels;
  if (!node.is_map()) {
    diagnostics.error(node.at, "labels must be a map of strings, got " + describe(node));
    return labels;
  }
  for (const Entry& entry : node.entries) {
    const auto text = read_text(entry.value, "label '" + entry.key + "'", diagnostics);
    if (text) labels[entry.key] = *text;
  }
  return labels;
}

void read_series(const Node& node, Series& series, Diagnostics& diagnostics) {
  if (!check_keys(node, {"name", "number", "title", "labels"}, "series", diagnostics)) return;
  const Node* name = node.find("name");
  if (name == nullptr) {
    diagnostics.error(node.at, "series needs a `name`");
  } else {
    series.name = read_text(*name, "series.name", diagnostics).value_or("");
    if (const std::string error = series.name.empty() ? "" : name_error("series", series.name);
        !error.empty()) {
      diagnostics.error(name->at, "series.name: " + error);
    }
  }
  if (const Node* number = node.find("number")) {
    series.number = read_int(*number, "series.number", 0, kMaxCount, diagnostics).value_or(0);
  }
  if (const Node* title = node.find("title")) {
    series.title = read_text(*title, "series.title", diagnostics).value_or("");
  }
  if (const Node* labels = node.find("labels")) series.labels = read_labels(*labels, diagnostics);
}

void read_dataset(const Node& node, DatasetSection& dataset, Diagnostics& diagnostics) {
  dataset.at = node.at;
  if (!check_keys(node,
                  {"manifest", "name", "include", "exclude", "max_videos", "expected_failures"},
                  "dataset", diagnostics)) {
    return;
  }
  if (const Node* manifest = node.find("manifest")) {
    dataset.manifest = read_path(*manifest, "dataset.manifest", diagnostics);
  } else {
    diagnostics.error(node.at, "dataset needs a `manifest`, as `cox dataset index` writes it");
  }
  if (const Node* name = node.find("name")) {
    dataset.name = read_text(*name, "dataset.name", diagnostics).value_or("");
  }
  if (const Node* ids = node.find("include")) {
    dataset.include = read_ids(*ids, "dataset.include", diagnostics);
    if (ids->is_sequence() && ids->items.empty()) {
      diagnostics.error(ids->at,
                        "dataset.include: expected at least one video id, got an empty "
                        "list; to take every video leave `include` out");
    }
  }
  if (const Node* ids = node.find("exclude")) {
    dataset.exclude = read_ids(*ids, "dataset.exclude", diagnostics);
  }
  if (const Node* ids = node.find("expected_failures")) {
    dataset.expected_failures = read_ids(*ids, "dataset.expected_failures", diagnostics);
  }
  if (const Node* max = node.find("max_videos")) {
    dataset.max_videos = read_int(*max, "dataset.max_videos", 1, kMaxCount, diagnostics);
  }
}

std::optional<LoraSection> read_lora(const Node& node, Diagnostics& diagnostics) {
  if (!node.is_map()) return LoraSection{read_path(node, "backbone.lora", diagnostics)};
  if (!check_keys(node, {"file", "multiplier"}, "a LoRA file", diagnostics)) return std::nullopt;
  const Node* file = node.find("file");
  if (file == nullptr) {
    diagnostics.error(node.at, "a LoRA file needs a `file`: its path");
    return std::nullopt;
  }
  LoraSection lora{read_path(*file, "backbone.lora.file", diagnostics)};
  const Node* multiplier = node.find("multiplier");
  if (multiplier == nullptr) return lora;
  const auto value = read_value(*multiplier, Type::kFloat, "multiplier", diagnostics);
  if (!value) return std::nullopt;
  lora.multiplier = *value->get_if<double>();
  if (lora.multiplier == 0) {
    diagnostics.error(multiplier->at,
                      "multiplier: expected a finite number other than 0, got " + shown(*value),
                      "a file with multiplier 0 does nothing: leave it out");
  }
  if (const std::string error = precision_error(lora.multiplier); !error.empty()) {
    diagnostics.error(multiplier->at, fmt::format("multiplier: {}, got {}", error, shown(*value)));
  }
  return lora;
}

/// One file, or several in the order in which their terms are added.
std::vector<LoraSection> read_loras(const Node& node, Diagnostics& diagnostics) {
  const std::vector<Node> items = node.is_sequence() ? node.items : std::vector<Node>{node};
  std::vector<LoraSection> loras;
  if (items.size() > kMostLoras) {
    diagnostics.error(node.at, fmt::format("backbone.lora: expected at most {} files, got {}",
                                           kMostLoras, items.size()));
    return loras;
  }
  for (const Node& item : items) {
    if (auto lora = read_lora(item, diagnostics)) loras.push_back(std::move(*lora));
  }
  return loras;
}

/// `weights: {METRIC: FILE}`
void read_metric_weights(const Node& node, const Schemas& schemas,
                         std::map<std::string, LocatedText>& weights, Diagnostics& diagnostics) {
  std::vector<std::string> known;
  for (const auto& [name, metric] : schemas.metrics) known.push_back(name);
  if (!check_keys(node, known, "backbone.weights", diagnostics)) return;
  for (const Entry& entry : node.entries) {
    weights[entry.key] = read_path(entry.value, "backbone.weights", diagnostics);
  }
}

void read_backbone(const Node& node, const Schemas& schemas, BackboneSection& backbone,
                   Diagnostics& diagnostics) {
  backbone.at = node.at;
  if (!check_keys(node, {"name", "model", "lora", "weights"}, "backbone", diagnostics)) return;
  std::vector<std::string> known;
  for (const auto& [name, doc] : schemas.backbones) known.push_back(name);
  if (const Node* name = node.find("name")) {
    backbone.name = read_text(*name, "backbone.name", diagnostics).value_or("");
    if (!backbone.name.empty() && schemas.backbones.count(backbone.name) == 0) {
      diagnostics.error(
          name->at, "unknown backbone '" + backbone.name + "'" + did_you_mean(backbone.name, known),
          "allowed: " + join(known, ", "));
    }
  } else {
    diagnostics.error(node.at, "backbone needs a `name`", "allowed: " + join(known, ", "));
  }
  if (const Node* model = node.find("model")) {
    backbone.model = read_path(*model, "backbone.model", diagnostics);
  } else {
    diagnostics.error(node.at, "backbone needs a `model`: the model's directory");
  }
  if (const Node* lora = node.find("lora")) {
    backbone.loras = read_loras(*lora, diagnostics);
  }
  if (const Node* weights = node.find("weights")) {
    read_metric_weights(*weights, schemas, backbone.weights, diagnostics);
  }
}

void read_retry(const Node& node, RetryLimits& retry, Diagnostics& diagnostics) {
  if (!check_keys(node, {"crash", "oom", "lost", "backoff"}, "retry", diagnostics)) return;
  read_count(node, "crash", retry.crash, diagnostics);
  read_count(node, "oom", retry.oom, diagnostics);
  read_count(node, "lost", retry.lost, diagnostics);
  const Node* backoff = node.find("backoff");
  if (backoff == nullptr) return;
  if (!check_keys(*backoff, {"base", "max"}, "retry.backoff", diagnostics)) return;
  read_duration(*backoff, "base", retry.backoff_base_us, diagnostics);
  read_duration(*backoff, "max", retry.backoff_max_us, diagnostics);
  if (retry.backoff_base_us > retry.backoff_max_us) {
    diagnostics.error(backoff->at, fmt::format("retry.backoff: base {} ms is above max {} ms",
                                               retry.backoff_base_us / kMillisecondUs,
                                               retry.backoff_max_us / kMillisecondUs));
  }
}

namespace {

constexpr std::int64_t kMostItems = 1'000'000;
constexpr std::int64_t kLargestFactor = 1'000;
constexpr std::uint32_t kUsualFactor = 3;

/// {rule: median, metric: psnr, min_items: 20} or {rule: asha, ..., factor: 3}
void read_stop_rule(const Node& node, StopRule& stop, Diagnostics& diagnostics) {
  if (!check_keys(node, {"rule", "metric", "min_items", "factor"}, "policy.stop_runs",
                  diagnostics)) {
    return;
  }
  const auto text = [&](const char* key) {
    const Node* value = node.find(key);
    if (value == nullptr) {
      diagnostics.error(node.at, fmt::format("policy.stop_runs: '{}' is missing", key));
      return std::string();
    }
    return read_text(*value, key, diagnostics).value_or("");
  };
  const auto count = [&](const char* key, std::int64_t least, std::int64_t most,
                         std::uint32_t& to) {
    const Node* value = node.find(key);
    if (value == nullptr) return false;
    to = static_cast<std::uint32_t>(
        read_int(*value, fmt::format("policy.stop_runs.{}", key), least, most, diagnostics)
            .value_or(0));
    return true;
  };
  StopRule rule;
  rule.kind = text("rule");
  rule.metric = text("metric");
  if (!count("min_items", 1, kMostItems, rule.min_items)) {
    diagnostics.error(node.at, "policy.stop_runs: 'min_items' is missing");
  }
  rule.factor = rule.kind == "asha" ? kUsualFactor : 0;
  const bool has_factor = count("factor", 2, kLargestFactor, rule.factor);
  if (!rule.kind.empty() && rule.kind != "median" && rule.kind != "asha") {
    diagnostics.error(node.at, fmt::format("policy.stop_runs.rule: expected median or asha, got "
                                           "'{}'",
                                           rule.kind));
  }
  if (has_factor && rule.kind == "median") {
    diagnostics.error(node.find("factor")->at, "policy.stop_runs.factor belongs to asha");
  }
  const MetricSchema* metric = find_metric(rule.metric);
  if (metric == nullptr && !rule.metric.empty()) {
    diagnostics.error(node.find("metric")->at,
                      fmt::format("policy.stop_runs.metric: unknown metric '{}'", rule.metric));
  }
  if (metric == nullptr) return;
  rule.lower_is_better = !metric->higher_is_better;
  stop = std::move(rule);
}

}  // namespace

void read_policy(const Node& node, FailurePolicy& policy, StopRule& stop,
                 Diagnostics& diagnostics) {
  if (!check_keys(node, {"fail_fast", "max_failed_jobs", "max_gpu_hours", "stop_runs"}, "policy",
                  diagnostics)) {
    return;
  }
  if (const Node* hours = node.find("max_gpu_hours")) {
    const auto value = read_value(*hours, Type::kFloat, "policy.max_gpu_hours", diagnostics);
    if (value) policy.max_gpu_hours = *value->get_if<double>();
    if (value && policy.max_gpu_hours <= 0) {
      diagnostics.error(hours->at, fmt::format("policy.max_gpu_hours: expected hours above 0, got "
                                               "{}",
                                               describe(*hours)));
    }
  }
  if (const Node* rule = node.find("stop_runs")) read_stop_rule(*rule, stop, diagnostics);
  if (const Node* fail_fast = node.find("fail_fast")) {
    policy.fail_fast = read_bool(*fail_fast, "policy.fail_fast", diagnostics).value_or(false);
  }
  read_count(node, "max_failed_jobs", policy.max_failed_jobs, diagnostics);
}

namespace {

/// After a metric's name: its mean with the standard error.
constexpr const char* kPlusMinus = "±";

void check_columns(const Node& columns, const Schemas& schemas, Diagnostics& diagnostics) {
  std::vector<std::string> known = schemas.parameter_names();
  known.insert(known.end(), schemas.result_columns.begin(), schemas.result_columns.end());
  for (const MetricSchema& metric : metric_schemas()) {
    known.emplace_back(metric.name);
    known.push_back(fmt::format("{}{}", metric.name, kPlusMinus));
  }
  for (const Node& column : columns.items) {
    if (!column.is_scalar()) continue;
    if (std::find(known.begin(), known.end(), column.text) != known.end()) continue;
    diagnostics.error(
        column.at, "unknown column '" + column.text + "'" + did_you_mean(column.text, known),
        "allowed: a parameter, a metric (`psnr±` with its standard error), or " +
            join({schemas.result_columns.begin(), schemas.result_columns.end()}, ", "));
  }
}

}  // namespace

void read_tables(const Node& node, const Schemas& schemas, std::vector<TableSection>& tables,
                 Diagnostics& diagnostics) {
  if (!node.is_sequence()) {
    diagnostics.error(node.at, "tables must be a list of maps, got " + describe(node));
  }
  for (const Node& item : node.items) {
    if (!check_keys(item, {"title", "rows", "columns"}, "a table", diagnostics)) continue;
    TableSection section;
    for (const char* key : {"title", "rows", "columns"}) {
      if (item.find(key) == nullptr)
        diagnostics.error(item.at, fmt::format("a table needs `{}`", key));
    }
    if (const Node* title = item.find("title")) {
      section.table.title = read_text(*title, "title", diagnostics).value_or("");
    }
    if (const Node* rows = item.find("rows")) {
      section.table.rows = read_texts(*rows, "rows", diagnostics);
      for (const Node& row : rows->items) section.rows_at.push_back(row.at);
    }
    if (const Node* columns = item.find("columns")) {
      section.table.columns = read_texts(*columns, "columns", diagnostics);
      check_columns(*columns, schemas, diagnostics);
    }
    tables.push_back(std::move(section));
  }
}

std::vector<LocatedText> read_controls(const Node& node, Diagnostics& diagnostics) {
  std::vector<LocatedText> runs;
  if (!node.is_sequence()) {
    diagnostics.error(node.at,
                      fmt::format("controls: expected a list of runs, got {}", describe(node)));
  }
  for (const Node& item : node.items) {
    if (const auto name = read_text(item, "controls", diagnostics))
      runs.push_back({*name, item.at});
  }
  return runs;
}

std::vector<EquivalenceMargin> read_equivalence(const Node& node, Diagnostics& diagnostics) {
  std::vector<EquivalenceMargin> margins;
  if (!check_keys(node, metric_names(), "equivalence", diagnostics)) return margins;
  for (const Entry& entry : node.entries) {
    const std::string what = fmt::format("equivalence.{}", entry.key);
    const auto value = read_value(entry.value, Type::kFloat, what, diagnostics);
    if (!value) continue;
    const double margin = *value->get_if<double>();
    if (margin > 0) {
      margins.push_back({entry.key, margin});
    } else {
      diagnostics.error(entry.value.at, fmt::format("{}: expected a difference above 0, got {}",
                                                    what, describe(entry.value)));
    }
  }
  return margins;
}

namespace {

RetentionSection read_kept_items(const Node& node, Diagnostics& diagnostics) {
  RetentionSection section{{.kind = Retention::Kind::kItems}, {}};
  for (const LocatedText& id : read_ids(node, "keep.items", diagnostics)) {
    section.keep.items.push_back(id.text);
    section.items_at.push_back(id.at);
  }
  if (node.is_sequence() && node.items.empty()) {
    diagnostics.error(node.at, "keep.items: expected at least one video id, got an empty list",
                      "`keep: none` keeps no video");
  }
  return section;
}

Retention read_kept_best(const Node& node, Diagnostics& diagnostics) {
  constexpr std::int64_t kMostRuns = 100'000;
  Retention keep{.kind = Retention::Kind::kBest};
  keep.runs = read_int(*node.find("best"), "keep.best", 1, kMostRuns, diagnostics).value_or(1);
  const Node* metric = node.find("metric");
  if (metric == nullptr) return keep;
  keep.metric = read_text(*metric, "keep.metric", diagnostics).value_or(keep.metric);
  const std::vector<std::string> known = metric_names();
  if (std::find(known.begin(), known.end(), keep.metric) != known.end()) return keep;
  diagnostics.error(
      metric->at,
      fmt::format("unknown metric '{}'{}", keep.metric, did_you_mean(keep.metric, known)),
      "allowed: " + join(known, ", "));
  return keep;
}

}  // namespace

RetentionSection read_keep(const Node& node, Diagnostics& diagnostics) {
  constexpr const char* kForms =
      "all, none, {best: 3} with the number of runs (and {metric: ssim}), or {items: [clip-1]}";
  if (node.is_scalar() && node.text == "all") return {};
  if (node.is_scalar() && node.text == "none") return {{.kind = Retention::Kind::kNone}, {}};
  const bool is_best = node.is_map() && node.find("best") != nullptr;
  const bool is_items = node.is_map() && node.find("items") != nullptr;
  if (is_best == is_items) {
    diagnostics.error(node.at, fmt::format("keep: expected {}, got {}", kForms, describe(node)));
    return {};
  }
  if (is_items) {
    check_keys(node, {"items"}, "keep", diagnostics);
    return read_kept_items(*node.find("items"), diagnostics);
  }
  check_keys(node, {"best", "metric"}, "keep", diagnostics);
  return {read_kept_best(node, diagnostics), {}};
}

void read_baseline(const Node& node, std::optional<LocatedText>& baseline,
                   Diagnostics& diagnostics) {
  if (!node.is_map()) {
    baseline = read_located_text(node, "baseline", diagnostics);
    return;
  }
  check_keys(node, {"series", "run"}, "baseline", diagnostics);
  const Node* series = node.find("series");
  const Node* run = node.find("run");
  if (run == nullptr) {
    diagnostics.error(node.at, "baseline needs a `run`");
    return;
  }
  baseline = read_located_text(*run, "baseline.run", diagnostics);
  if (series == nullptr) return;
  baseline->text =
      read_text(*series, "baseline.series", diagnostics).value_or("") + "/" + baseline->text;
}

}  // namespace cox::sweep
