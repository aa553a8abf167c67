#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/field.h"

namespace cox {

/// A table that a sweep declares for its reports.
struct ResultTable {
  std::string title;
  std::vector<std::string> rows;
  std::vector<std::string> columns;

  bool operator==(const ResultTable&) const = default;

  static constexpr auto fields() {
    using T = ResultTable;
    return std::tuple{
        Field{"title", "", "Heading of the table.", &T::title},
        Field{"rows", "", "Run names.", &T::rows},
        Field{"columns", "", "Parameters, or columns of v_results.", &T::columns},
    };
  }
};

/// The smallest difference in a metric that matters.
struct EquivalenceMargin {
  std::string metric;
  double margin = 0;

  bool operator==(const EquivalenceMargin&) const = default;

  static constexpr auto fields() {
    using E = EquivalenceMargin;
    return std::tuple{
        Field{"metric", "", "A name of schemas/metrics.", &E::metric},
        Field{"margin", "", "Above 0, in the metric's unit.", &E::margin},
    };
  }
};

/// A submitted run that exists already.
struct KnownRun {
  std::string name;
  std::string series;
  std::string owner;
  std::uint64_t done_jobs = 0;
  std::uint64_t total_jobs = 0;

  bool operator==(const KnownRun&) const = default;

  static constexpr auto fields() {
    using K = KnownRun;
    return std::tuple{
        Field{"name", "", "The name as submitted.", &K::name},
        Field{"series", "", "The series that owns it.", &K::series},
        Field{"owner", "", "Its name in that series.", &K::owner},
        Field{"done_jobs", "", "Its results on the submitted videos.", &K::done_jobs},
        Field{"total_jobs", "", "How many videos were submitted.", &K::total_jobs},
    };
  }
};

/// The effect of a submission, or of a dry run.
struct SubmissionAnswer {
  std::uint32_t new_runs = 0;
  std::uint32_t known_runs = 0;
  std::uint64_t new_jobs = 0;
  std::uint64_t known_jobs = 0;
  std::vector<KnownRun> known;
  std::uint32_t retired_runs = 0;
  std::uint64_t cancelled_jobs = 0;

  bool operator==(const SubmissionAnswer&) const = default;

  static constexpr auto fields() {
    using S = SubmissionAnswer;
    return std::tuple{
        Field{"new_runs", "", "Runs that did not exist.", &S::new_runs},
        Field{"known_runs", "", "Runs that existed.", &S::known_runs},
        Field{"new_jobs", "", "Jobs that did not exist.", &S::new_jobs},
        Field{"known_jobs", "", "Jobs that existed.", &S::known_jobs},
        Field{"known", "", "The runs that existed.", &S::known},
        Field{"retired_runs", "", "Current runs that the series no longer has.", &S::retired_runs},
        Field{"cancelled_jobs", "", "Jobs that no series needs any more.", &S::cancelled_jobs},
    };
  }
};

}  // namespace cox
