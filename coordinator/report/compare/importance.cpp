#include "coordinator/report/compare/importance.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "base/text.h"
#include "coordinator/report/compare/comparison.h"
#include "coordinator/report/compare/factors.h"
#include "coordinator/report/data/words.h"
#include "coordinator/report/statistics/least_squares.h"
#include "coordinator/report/statistics/random.h"
#include "coordinator/report/statistics/resampling.h"

namespace cox::report {

namespace {

constexpr std::size_t kResamples = 1'000;
constexpr std::size_t kShuffles = 999;
constexpr std::size_t kMaxNamedRuns = 6;

using Runs = std::vector<const RunData*>;

/// The metric of each run, in rows, on each common video.
using Values = std::vector<std::vector<double>>;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance(const std::vector<double>& values) {
  const double middle = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - middle) * (value - middle);
  return sum / static_cast<double>(values.size());
}

/// One parameter with the columns that it has in the model.
struct Effect {
  Factor factor;
  std::vector<std::size_t> level_of_run;  ///< index into factor.levels
  std::vector<Column> codes;              ///< of each column its value at each level
};

bool is_numeric(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// For up to kMostSingleLevels levels, and for names, one column for each level but the first; else
/// place and squared place of the level, from -1 to 1.
std::vector<Column> codes_of(const std::vector<std::string>& levels) {
  const std::size_t count = levels.size();
  const bool ordered = std::all_of(levels.begin(), levels.end(), is_numeric);
  std::vector<Column> codes;
  if (!ordered || count <= kMostSingleLevels) {
    for (std::size_t level = 1; level < count; ++level) {
      codes.emplace_back(count, 0.0).at(level) = 1.0;
    }
    return codes;
  }
  Column place;
  Column square;
  for (std::size_t level = 0; level < count; ++level) {
    place.push_back(2.0 * static_cast<double>(level) / static_cast<double>(count - 1) - 1.0);
    square.push_back(place.back() * place.back());
  }
  return {place, square};
}

std::vector<Effect> effects_of(const Runs& runs) {
  std::vector<Effect> effects;
  for (Factor& factor : factors_of(runs)) {
    Effect effect;
    for (const RunData* run : runs) {
      const auto at =
          std::find(factor.levels.begin(), factor.levels.end(), level_of(*run, factor.name));
      effect.level_of_run.push_back(static_cast<std::size_t>(at - factor.levels.begin()));
    }
    effect.codes = codes_of(factor.levels);
    effect.factor = std::move(factor);
    effects.push_back(std::move(effect));
  }
  return effects;
}

/// The intercept and the columns of every effect. `order` says whose level of effect `shuffled`
/// each run gets.
std::vector<Column> columns_of(const std::vector<Effect>& effects, std::size_t runs,
                               std::size_t shuffled, const std::vector<std::size_t>& order) {
  std::vector<Column> columns = {Column(runs, 1.0)};
  for (std::size_t e = 0; e < effects.size(); ++e) {
    for (const Column& code : effects[e].codes) {
      Column& column = columns.emplace_back();
      for (std::size_t r = 0; r < runs; ++r) {
        column.push_back(code[effects[e].level_of_run[e == shuffled ? order[r] : r]]);
      }
    }
  }
  return columns;
}

/// Returns the fitted model's term at each level of an effect whose columns begin at `first`.
Column level_effects(const Effect& effect, const std::vector<double>& coefficients,
                     std::size_t first) {
  Column added(effect.factor.levels.size(), 0.0);
  for (std::size_t c = 0; c < effect.codes.size(); ++c) {
    for (std::size_t level = 0; level < added.size(); ++level) {
      added[level] += coefficients[first + c] * effect.codes[c][level];
    }
  }
  return added;
}

/// The mean squared error, averaged over all n! orders of the effect's values among the runs, less
/// that of the fit, per variance: each run gets each value equally often, so the average is over
/// all pairs. Least squares leave no covariance between residuals and effect: twice the variance.
double permutation_importance(const Effect& effect, const std::vector<std::size_t>& order,
                              const Column& of_level, double variance_of_means) {
  Column added;
  for (const std::size_t run : order) added.push_back(of_level[effect.level_of_run[run]]);
  return variance_of_means > 0 ? 2.0 * variance(added) / variance_of_means : 0.0;
}

std::vector<std::size_t> unshuffled(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

/// Fisher and Yates.
std::vector<std::size_t> shuffled_order(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order = unshuffled(count);
  for (std::size_t i = count; i > 1; --i) {
    std::swap(order[i - 1], order[random_bits(seed, i) % i]);
  }
  return order;
}

std::size_t first_column(const std::vector<Effect>& effects, std::size_t effect) {
  std::size_t first = 1;  // behind the intercept
  for (std::size_t e = 0; e < effect; ++e) first += effects[e].codes.size();
  return first;
}

std::vector<double> importances(const std::vector<Effect>& effects, const Design& design,
                                const std::vector<double>& means) {
  const std::vector<double> coefficients = design.solve(means);
  const double all = variance(means);
  std::vector<double> found;
  for (std::size_t e = 0; e < effects.size(); ++e) {
    const Column of_level = level_effects(effects[e], coefficients, first_column(effects, e));
    found.push_back(permutation_importance(effects[e], unshuffled(means.size()), of_level, all));
  }
  return found;
}

/// The runs' means over the videos at `places`.
std::vector<double> means_over(const Values& values, const std::vector<std::size_t>& places) {
  std::vector<double> means;
  for (const std::vector<double>& of_run : values) {
    double sum = 0;
    for (const std::size_t place : places) sum += of_run[place];
    means.push_back(sum / static_cast<double>(places.size()));
  }
  return means;
}

Interval middle_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double tail = (1.0 - kLevel) / 2.0;
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {at(tail), at(1.0 - tail)};
}

/// The interval of each importance over resamples of the videos.
std::vector<Interval> intervals_of(const std::vector<Effect>& effects, const Design& design,
                                   const Values& values) {
  const std::size_t videos = values.front().size();
  std::vector<std::vector<double>> drawn(effects.size());
  for (std::size_t i = 0; i < kResamples; ++i) {
    std::vector<std::size_t> places;
    for (std::size_t v = 0; v < videos; ++v) {
      places.push_back(random_bits(kBootstrapSeed, i * videos + v) % videos);
    }
    const std::vector<double> found = importances(effects, design, means_over(values, places));
    for (std::size_t e = 0; e < effects.size(); ++e) drawn[e].push_back(found[e]);
  }
  std::vector<Interval> intervals;
  for (std::vector<double>& of_effect : drawn) {
    intervals.push_back(middle_of(std::move(of_effect)));
  }
  return intervals;
}

/// How often the effect is as important when its values are shuffled among the runs.
double shuffled_p(const std::vector<Effect>& effects, std::size_t e,
                  const std::vector<double>& means, double importance) {
  constexpr double kRounding = 1e-12;
  const double all = variance(means);
  std::size_t as_large = 1;
  for (std::size_t i = 0; i < kShuffles; ++i) {
    const auto order = shuffled_order(means.size(), kBootstrapSeed + 1 + i);
    const Design design(columns_of(effects, means.size(), e, order));
    const Column of_level =
        level_effects(effects[e], design.solve(means), first_column(effects, e));
    as_large += permutation_importance(effects[e], order, of_level, all) >= importance - kRounding;
  }
  return static_cast<double>(as_large) / static_cast<double>(kShuffles + 1);
}

/// The videos on which every run has the metric, in the first run's order.
std::vector<VideoKey> common_videos(const Runs& runs, const std::string& metric) {
  std::map<VideoKey, std::size_t> counts;
  for (const RunData* run : runs) {
    for (const VideoResult& result : run->results) {
      if (result.metrics.contains(metric)) ++counts[{result.video, result.digest}];
    }
  }
  std::vector<VideoKey> common;
  for (const auto& [video, count] : counts) {
    if (count == runs.size()) common.push_back(video);
  }
  return common;
}

Values values_on(const Runs& runs, const std::vector<VideoKey>& videos, const std::string& metric) {
  Values values;
  for (const RunData* run : runs) {
    const std::map<VideoKey, double> of_run = values_by_video(*run, metric);
    std::vector<double>& row = values.emplace_back();
    for (const VideoKey& video : videos) row.push_back(of_run.at(video));
  }
  return values;
}

Status check_comparable(const Runs& runs, const std::vector<RunData>& all, const Metric& metric) {
  for (const RunData* run : runs) {
    const std::string window = window_difference(*runs.front(), *run);
    if (!window.empty()) {
      return failed_precondition(fmt::format(
          "{}: their means are of different pixels; select runs that share it with --where",
          window));
    }
    const std::string screening = screening_difference(*runs.front(), *run);
    if (!screening.empty()) {
      return failed_precondition(fmt::format(
          "{}: results of fp8 are compared with each other only; select runs with --where",
          screening));
    }
  }
  const std::string weights = weights_difference(all, metric.name);
  return weights.empty() ? Status::ok() : failed_precondition(weights);
}

/// The runs with results; the others are named in a warning.
Runs measured_runs(const std::vector<RunData>& all, const std::string& metric,
                   std::vector<std::string>& warnings) {
  Runs runs;
  std::vector<std::string> without;
  for (const RunData& run : all) {
    const bool any = std::any_of(run.results.begin(), run.results.end(),
                                 [&](const auto& r) { return r.metrics.contains(metric); });
    any ? runs.push_back(&run) : without.push_back(run.name);
  }
  if (!without.empty()) {
    warnings.push_back(fmt::format("{} without a value of {}: {}",
                                   counted(static_cast<std::int64_t>(without.size()), "run"),
                                   metric, join_first(without, kMaxNamedRuns)));
  }
  return runs;
}

/// Everything that was fitted.
struct Fit {
  Runs runs;
  std::vector<Effect> effects = {};
  Values values = {};
  std::vector<double> means = {};
  Design design{{}};
};

Result<Fit> fit_of(Runs runs, const Metric& metric) {
  Fit fit{.runs = std::move(runs)};
  fit.effects = effects_of(fit.runs);
  if (fit.effects.empty()) {
    return failed_precondition(
        "the selected runs do not differ in any parameter that all of them have");
  }
  const std::vector<VideoKey> videos = common_videos(fit.runs, metric.name);
  if (videos.empty()) {
    return failed_precondition(
        fmt::format("no {} was finished by all {} runs: leave runs out with --where, such as "
                    "\"done > 10\"",
                    item_word(fit.runs), fit.runs.size()));
  }
  fit.values = values_on(fit.runs, videos, metric.name);
  fit.means = means_over(fit.values, unshuffled(videos.size()));
  fit.design = Design(columns_of(fit.effects, fit.runs.size(), fit.effects.size(), {}));
  if (fit.design.rank() >= fit.runs.size()) {
    return failed_precondition(fmt::format(
        "{} runs are too few for the effects of {}, which fit as many numbers exactly: add runs, "
        "or select runs that vary fewer parameters",
        fit.runs.size(), counted(static_cast<std::int64_t>(fit.effects.size()), "parameter")));
  }
  if (variance(fit.means) == 0) {
    return failed_precondition(fmt::format("every run has the same mean {}", metric.name));
  }
  return fit;
}

/// Whether the other effects' columns determine one of this effect's.
bool is_confounded(const std::vector<Effect>& effects, std::size_t e, std::size_t runs) {
  std::vector<Effect> last = effects;
  std::rotate(last.begin() + static_cast<std::ptrdiff_t>(e),
              last.begin() + static_cast<std::ptrdiff_t>(e) + 1, last.end());
  const Design design(columns_of(last, runs, last.size(), {}));
  const std::size_t first = first_column(last, last.size() - 1);
  for (std::size_t c = 0; c < last.back().codes.size(); ++c) {
    if (design.is_dependent(first + c)) return true;
  }
  return false;
}

/// Returns R^2, the share of the variance of the means that the model explains.
double explained_share(const Fit& fit, const std::vector<double>& coefficients) {
  std::vector<double> residuals = fit.means;
  for (std::size_t e = 0; e < fit.effects.size(); ++e) {
    const Effect& effect = fit.effects[e];
    const Column of_level = level_effects(effect, coefficients, first_column(fit.effects, e));
    for (std::size_t r = 0; r < residuals.size(); ++r) {
      residuals[r] -= of_level[effect.level_of_run[r]];
    }
  }
  return 1.0 - variance(residuals) / variance(fit.means);
}

ParameterImportance parameter_of(const Fit& fit, std::size_t e,
                                 const std::vector<double>& coefficients, double importance,
                                 const Interval& interval, const Metric& metric) {
  const Effect& effect = fit.effects[e];
  const Column of_level = level_effects(effect, coefficients, first_column(fit.effects, e));
  const auto [low, high] = std::minmax_element(of_level.begin(), of_level.end());
  const auto best = (metric.higher_is_better ? high : low) - of_level.begin();
  return {.name = effect.factor.name,
          .also = effect.factor.also,
          .levels = effect.factor.levels.size(),
          .importance = importance,
          .interval = interval,
          .p = shuffled_p(fit.effects, e, fit.means, importance),
          .effect = *high - *low,
          .best_level = effect.factor.levels[static_cast<std::size_t>(best)],
          .confounded = is_confounded(fit.effects, e, fit.runs.size())};
}

void warn_of_confounded(const std::vector<ParameterImportance>& parameters,
                        std::vector<std::string>& warnings) {
  std::vector<std::string> names;
  for (const ParameterImportance& parameter : parameters) {
    if (parameter.confounded) names.push_back(parameter.name);
  }
  if (names.empty()) return;
  warnings.push_back(
      fmt::format("these runs cannot separate all effects of {}: what they share counts for one "
                  "of them",
                  join(names, ", ")));
}

/// Warns of the parameters that only some of the runs have, which are not factors.
void warn_of_partial_parameters(const Runs& runs, std::vector<std::string>& warnings) {
  std::map<std::string, std::set<std::string>> levels;
  std::map<std::string, std::size_t> counts;
  for (const RunData* run : runs) {
    for (const auto& [name, value] : run->parameters) {
      levels[name].insert(value);
      ++counts[name];
    }
  }
  std::vector<std::string> partial;
  for (const auto& [name, count] : counts) {
    if (count < runs.size() && levels[name].size() > 1) partial.push_back(name);
  }
  if (partial.empty()) return;
  warnings.push_back(
      fmt::format("left out, since only some of the runs have them: {}; one method's parameters: "
                  "--where \"method == '{}'\"",
                  join_first(partial, kMaxNamedRuns), runs.back()->method));
}

}  // namespace

Result<SeriesImportance> importance_of(const std::vector<RunData>& all, const Metric& metric) {
  if (all.empty()) return failed_precondition("no run is selected");
  SeriesImportance found{.series = all.front().series, .metric = metric};
  Runs runs = measured_runs(all, metric.name, found.warnings);
  if (runs.size() < 2) {
    return failed_precondition(fmt::format(
        "importance needs at least 2 runs with a value of {}; of the {} selected runs of series "
        "'{}', {} have one",
        metric.name, all.size(), found.series, runs.size()));
  }
  COX_RETURN_IF_ERROR(check_comparable(runs, all, metric));
  COX_ASSIGN_OR_RETURN(const Fit fit, fit_of(std::move(runs), metric));
  found.runs = fit.runs.size();
  found.item = item_word(fit.runs);
  found.videos = fit.values.front().size();
  found.free_runs = fit.runs.size() - fit.design.rank();
  const std::vector<double> coefficients = fit.design.solve(fit.means);
  found.explained = explained_share(fit, coefficients);
  const std::vector<double> importance = importances(fit.effects, fit.design, fit.means);
  const std::vector<Interval> intervals = intervals_of(fit.effects, fit.design, fit.values);
  for (std::size_t e = 0; e < fit.effects.size(); ++e) {
    found.parameters.push_back(
        parameter_of(fit, e, coefficients, importance[e], intervals[e], metric));
  }
  std::stable_sort(found.parameters.begin(), found.parameters.end(),
                   [](const auto& a, const auto& b) { return a.importance > b.importance; });
  warn_of_confounded(found.parameters, found.warnings);
  warn_of_partial_parameters(fit.runs, found.warnings);
  return found;
}

}  // namespace cox::report
