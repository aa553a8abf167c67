// statistics_simulation: how often the intervals of reports cover the true mean, and how often a
// family of comparisons whose true means are all 0 brings a finding. docs/statistics.md has its
// table.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <numbers>
#include <thread>

#include "base/status.h"
#include "base/text.h"
#include "coordinator/report/statistics/distributions.h"
#include "coordinator/report/statistics/holm.h"
#include "coordinator/report/statistics/mean_test.h"
#include "coordinator/report/statistics/random.h"
#include "coordinator/report/statistics/rank_tests.h"
#include "coordinator/report/statistics/summary.h"

namespace cox::report {
namespace {

constexpr double kAlpha = 0.05;
constexpr double kLeastCoverage = 0.93;
constexpr double kMostFamilyError = 0.06;
constexpr double kCorrelation = 0.7;

/// The numbers of one simulated study.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : seed_(seed) {}

  double uniform() {
    return (static_cast<double>(random_bits(seed_, counter_++) >> 11U) + 0.5) * 0x1p-53;
  }
  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(uniform() * static_cast<double>(count));
  }

 private:
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
};

/// A value with mean 0, made from a standard normal one and, where it needs them, more draws.
struct Distribution {
  const char* name;
  double (*value)(double z, Draws& draws);
};

double student_3(double z, Draws& draws) {
  double squares = 0;
  for (int i = 0; i < 3; ++i) squares += std::pow(draws.normal(), 2);
  return z / std::sqrt(squares / 3);
}
double lognormal(double z, Draws& /*draws*/) { return std::exp(z) - std::exp(0.5); }

const std::vector<Distribution>& distributions() {
  static const std::vector<Distribution> kAll = {
      {"normal", [](double z, Draws&) { return z; }},
      {"t, 3 degrees", student_3},
      {"lognormal", lognormal},
      {"contaminated, both sides",
       [](double z, Draws& draws) { return draws.uniform() < 0.1 ? 5 * z : z; }},
      {"contaminated, one side",
       [](double z, Draws& draws) { return (draws.uniform() < 0.1 ? 5 + z : z) - 0.5; }}};
  return kAll;
}
constexpr const char* kReal = "small study, centered";

/// Differences of real runs in PSNR, each run's less their mean: [video][run].
using RealDifferences = std::vector<std::vector<double>>;

struct Cell {
  std::string distribution;
  std::size_t values = 0;
  std::size_t family = 1;
  bool correlated = false;
};

/// [comparison][video]
std::vector<std::vector<double>> drawn_study(const Cell& cell, const RealDifferences& real,
                                             Draws& draws) {
  std::vector<std::vector<double>> study(cell.family, std::vector<double>(cell.values));
  if (cell.distribution == kReal) {
    std::vector<std::size_t> runs(real.front().size());
    for (std::size_t i = 0; i < runs.size(); ++i) runs[i] = i;
    for (std::size_t k = 0; k < cell.family; ++k) {
      std::swap(runs[k], runs[k + draws.below(runs.size() - k)]);
    }
    for (std::size_t i = 0; i < cell.values; ++i) {
      const auto& video = real[draws.below(real.size())];
      for (std::size_t k = 0; k < cell.family; ++k) study[k][i] = video[runs[k]];
    }
    return study;
  }
  const auto& all = distributions();
  const auto made = std::find_if(all.begin(), all.end(),
                                 [&](const auto& d) { return d.name == cell.distribution; });
  const double shared = cell.correlated ? kCorrelation : 0;
  for (std::size_t i = 0; i < cell.values; ++i) {
    const double common = draws.normal();
    for (std::size_t k = 0; k < cell.family; ++k) {
      const double z = std::sqrt(shared) * common + std::sqrt(1 - shared) * draws.normal();
      study[k][i] = made->value(z, draws);
    }
  }
  return study;
}

/// How many of the simulated studies ...
struct Counts {
  std::atomic<std::size_t> covered{0};       ///< intervals that hold 0
  std::atomic<std::size_t> t_covered{0};     ///< Student's t intervals that do
  std::atomic<std::size_t> family_error{0};  ///< studies with a finding
  std::atomic<std::size_t> t_error{0};       ///< with one by Student's t and Holm
  std::atomic<std::size_t> rank_error{0};    ///< with one by the signed ranks and Holm
};

double t_p(const std::vector<double>& values) {
  const Moments moments = moments_of(values);
  return student_t_two_sided(moments.mean / moments.standard_error(), moments.count - 1);
}

bool any_below(const std::vector<double>& p) {
  return std::any_of(p.begin(), p.end(), [](double each) { return each < kAlpha; });
}

bool any_finding(const std::vector<std::vector<double>>& study, std::size_t resamples) {
  std::vector<Sample> samples;
  for (const auto& values : study) samples.emplace_back(values.begin(), values.end());
  const FamilyInference inference = infer_family(samples, resamples);
  return std::any_of(inference.members.begin(), inference.members.end(),
                     [](const MeanInference& member) { return member.p && *member.p < kAlpha; });
}

void simulate(const Cell& cell, const RealDifferences& real, std::size_t resamples, Draws draws,
              Counts& counts) {
  const auto study = drawn_study(cell, real, draws);
  std::vector<double> by_t;
  std::vector<double> by_ranks;
  for (const auto& values : study) by_t.push_back(t_p(values));
  if (cell.family == 1) {
    // A sample of equal values, which are not the true mean, has no interval that covers it.
    const bool has_spread = moments_of(study.front()).deviation > 0;
    const bool covered = has_spread && MeanTest(study.front(), resamples).p() >= kAlpha;
    counts.covered += covered ? 1 : 0;
    counts.t_covered += by_t.front() >= kAlpha ? 1 : 0;
    return;
  }
  for (const auto& values : study) by_ranks.push_back(*signed_rank(values).p);
  counts.family_error += any_finding(study, resamples) ? 1 : 0;
  counts.t_error += any_below(holm(by_t)) ? 1 : 0;
  counts.rank_error += any_below(holm(by_ranks)) ? 1 : 0;
}

struct Options {
  std::string differences;
  std::size_t studies = 4'000;
  std::size_t resamples = 2'000;
  std::size_t threads = 1;
  bool is_short = false;
};

void run_cell(const Cell& cell, std::size_t number, const RealDifferences& real,
              const Options& options, Counts& counts) {
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < options.threads; ++t) {
    threads.emplace_back([&] {
      for (std::size_t study = next++; study < options.studies; study = next++) {
        simulate(cell, real, options.resamples, Draws(random_bits(number, study)), counts);
      }
    });
  }
  threads.clear();  // joins them
}

/// The runs of the two series whose differences to `none` the simulation draws from.
RealDifferences real_differences(const std::string& path) {
  std::ifstream file(path);
  COX_CHECK(file.good(), "cannot open " + path);
  std::map<std::string, std::map<std::string, double>> by_run;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const auto fields = split(line, ',');
    if (fields[0] != "small-methods" && fields[0] != "small-learning-rate") continue;
    by_run[fields[0] + "/" + fields[1]][fields[3]] = std::stod(fields[4]);
  }
  const auto none = by_run.extract("small-methods/none");
  COX_CHECK(!none.empty() && !by_run.empty(), "no run of small-methods in " + path);
  RealDifferences differences(none.mapped().size());
  for (const auto& [name, values] : by_run) {
    std::vector<double> of_run;
    for (const auto& [video, psnr] : none.mapped()) of_run.push_back(values.at(video) - psnr);
    const double mean = *mean_of(of_run);
    for (std::size_t i = 0; i < of_run.size(); ++i) differences[i].push_back(of_run[i] - mean);
  }
  return differences;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const Distribution& distribution : distributions()) all.emplace_back(distribution.name);
  all.emplace_back(kReal);
  return all;
}

double share(std::size_t count, std::size_t studies) {
  return static_cast<double>(count) / static_cast<double>(studies);
}

/// Three standard errors of a simulated share.
double doubt(double expected, std::size_t studies) {
  return 3 * std::sqrt(expected * (1 - expected) / static_cast<double>(studies));
}

std::string shown(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", share);
  return text;
}

/// A row of Markdown.
void print_row(const std::vector<std::string>& cells) {
  std::printf("| %s |\n", join(cells, " | ").c_str());
  std::fflush(stdout);
}

void print_heading(std::vector<std::string> columns) {
  print_row(columns);
  for (std::string& column : columns) column = "---:";
  columns.front() = "---";
  print_row(columns);
}

int simulate_coverage(const std::vector<std::size_t>& counts_of_values, const RealDifferences& real,
                      const Options& options) {
  std::vector<std::string> heading = {"differences"};
  for (const std::size_t values : counts_of_values) {
    heading.push_back(std::to_string(values) + " videos");
    heading.emplace_back("t");
  }
  print_heading(heading);
  int wrong = 0;
  std::size_t number = 0;
  for (const std::string& name : names()) {
    std::vector<std::string> row = {name};
    for (const std::size_t values : counts_of_values) {
      Counts counts;
      run_cell({name, values}, ++number, real, options, counts);
      const double covered = share(counts.covered, options.studies);
      const bool few = values < kLeastForInference;
      const bool low = covered < kLeastCoverage - doubt(kLeastCoverage, options.studies);
      wrong += !few && low ? 1 : 0;
      row.push_back(few ? "(" + shown(covered) + ")" : shown(covered));
      row.push_back(shown(share(counts.t_covered, options.studies)));
    }
    print_row(row);
  }
  return wrong;
}

struct Group {
  std::string name;
  bool correlated = false;
  std::size_t family = 0;
};

std::vector<Group> groups(const std::vector<std::size_t>& families) {
  std::vector<Group> all;
  for (const std::string& name : names()) {
    for (const bool correlated : {false, true}) {
      if (name == kReal && correlated) continue;  // they are correlated as they are
      for (const std::size_t family : families) all.push_back({name, correlated, family});
    }
  }
  return all;
}

int simulate_families(const std::vector<std::size_t>& counts_of_values,
                      const std::vector<std::size_t>& families, const RealDifferences& real,
                      const Options& options) {
  std::puts("");
  std::vector<std::string> heading = {"differences", "family"};
  for (const std::size_t values : counts_of_values) {
    heading.push_back(std::to_string(values) + " videos");
  }
  heading.insert(heading.end(), {"worst of t and Holm", "worst of ranks and Holm"});
  print_heading(heading);
  int wrong = 0;
  std::size_t number = 1'000;
  for (const Group& group : groups(families)) {
    std::vector<std::string> row = {group.name + (group.correlated ? ", correlated" : ""),
                                    std::to_string(group.family)};
    double by_t = 0;
    double by_ranks = 0;
    for (const std::size_t values : counts_of_values) {
      Counts counts;
      run_cell({group.name, values, group.family, group.correlated}, ++number, real, options,
               counts);
      const double error = share(counts.family_error, options.studies);
      wrong += error > kMostFamilyError + doubt(kMostFamilyError, options.studies) ? 1 : 0;
      by_t = std::max(by_t, share(counts.t_error, options.studies));
      by_ranks = std::max(by_ranks, share(counts.rank_error, options.studies));
      row.push_back(shown(error));
    }
    row.insert(row.end(), {shown(by_t), shown(by_ranks)});
    print_row(row);
  }
  return wrong;
}

int run(Options options) {
  const RealDifferences real = real_differences(options.differences);
  if (options.is_short) {
    options.studies = 200;
    options.resamples = 500;
    return simulate_coverage({30, 99}, real, options) +
           simulate_families({30}, {2, 10}, real, options);
  }
  const int coverage = simulate_coverage({8, 20, 30, 64, 99}, real, options);
  return coverage + simulate_families({20, 30, 64, 99}, {2, 10, 20}, real, options);
}

}  // namespace
}  // namespace cox::report

int main(int argc, char** argv) {
  CLI::App app("Prints coverage of intervals and family-wise error of findings, as Markdown.");
  cox::report::Options options;
  app.add_option("--differences", options.differences, "results.csv of the small study")
      ->required();
  app.add_option("--studies", options.studies, "Simulated studies of each row")
      ->capture_default_str()
      ->check(CLI::Range(100, 1'000'000));
  app.add_option("--resamples", options.resamples, "Resamples of each (reports take 10000)")
      ->capture_default_str()
      ->check(CLI::Range(400, 100'000));
  app.add_option("--threads", options.threads, "Threads")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_flag("--short", options.is_short,
               "Few studies of few rows; exits 1 when a share is out of bounds by three errors");
  CLI11_PARSE(app, argc, argv);
  return cox::report::run(options) > 0 && options.is_short ? 1 : 0;
}
