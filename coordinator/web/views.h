#pragma once

#include "base/status.h"
#include "coordinator/report/data/metrics.h"
#include "coordinator/report/data/query.h"
#include "coordinator/report/print/cell_json.h"
#include "coordinator/web/request.h"

namespace cox::web {

using report::OrderedJson;

// Each view of the page is one function from the database to a JSON document. The page computes no
// figure itself: every mean, interval and sentence comes from coordinator/report. Lists that
// can be long come in pages of at most kMaxPage entries.

constexpr std::size_t kDefaultPage = 100;
constexpr std::size_t kMaxPage = 1000;

/// `series`: every series with its jobs by state, the rate of the last finished jobs and the time
/// left at that rate.
Result<OrderedJson> series_list(const report::Query& query, const Request& request);

/// `series`: the means of its runs from the totals that the database keeps, at most kMaxPage runs:
/// what a page shows while the server compares a large series. Columns without any value are left
/// out. Replicates are not averaged.
Result<OrderedJson> series_summary(const report::Query& query, const Request& request);

/// `series`, optional `metric`, `baseline`: the runs with their jobs by state, and the report over
/// the series once something was measured (before that `report` is null and `why` gives the
/// reason).
Result<OrderedJson> series_view(const report::Query& query, const Request& request);

/// `run` as `cox show` takes it, `metric`, `offset`, `limit`: parameters with origins, timings,
/// means, how the metric spreads over all items, and one page of items with every metric.
Result<OrderedJson> run_view(const report::Query& query, const Request& request);

/// `baseline`, one or more `run`, optional `metric`: comparisons, and for each item of the data set
/// the difference.
Result<OrderedJson> compare_view(const report::Query& query, const Request& request);

/// `series`, `item`, any number of `run`: the names of all runs that finished the item, and of
/// the requested ones the curves of their adaptation and the metrics of each frame.
Result<OrderedJson> item_view(const report::Query& query, const Request& request);

/// Workers with what they hold, and jobs that wait, by what they need.
Result<OrderedJson> queue_view(const report::Query& query, const Request& request);

/// Optional `series`, `offset`, `limit`: jobs that ended without a result, newest first.
Result<OrderedJson> failures_view(const report::Query& query, const Request& request);

/// `sql`: one SELECT over the views v_*, at most kMaxPage rows.
Result<OrderedJson> query_view(const report::Query& query, const Request& request);

/// A table as `{"columns": [...], "rows": [[...], ...]}`.
OrderedJson table_json(const report::Table& table);

/// What the page needs to show values of a metric.
OrderedJson metric_json(const report::Metric& metric);

/// A table as a list of objects.
OrderedJson rows_json(const report::Table& table);

}  // namespace cox::web
