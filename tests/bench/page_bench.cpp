// page_bench [rows] [database] [documents]: the server's time for every document of the page, over
// a database with that many result rows. One series has 400 runs x 1,000 items, the others 100 x
// 100; one job of 200 has failed. Default: 1,000,000 rows below the temporary directory. A database
// that is named is kept, and is used as it is when it exists: generating one takes minutes. With
// `documents`, only those whose name begins so.
//
// Wall time and the processor time of the server's threads: on a shared machine the second says
// more.

#include <fmt/format.h>
#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "coordinator/core/core.h"
#include "coordinator/store/store.h"
#include "coordinator/web/database_pool.h"
#include "coordinator/web/web_server.h"
#include "tests/bench/bench.h"
#include "tests/support/queue_fixture.h"

namespace cox {
namespace {

constexpr std::size_t kWideRuns = 400;
constexpr std::size_t kWideItems = 1000;
constexpr std::size_t kRuns = 100;
constexpr std::size_t kItems = 100;
constexpr std::size_t kBatch = 256;  ///< events in one transaction
constexpr std::size_t kJobsPerFailure = 200;
constexpr int kRepeats = 7;

/// Runs of a grid over learning rate and steps, the first one the baseline.
void submit(core::Core& core, store::Store& store, std::size_t series, std::size_t runs,
            std::size_t items) {
  std::vector<std::string> names;
  std::vector<std::string> videos;
  for (std::size_t r = 0; r < runs; ++r) names.push_back(fmt::format("s{}-r{}", series, r));
  for (std::size_t v = 0; v < items; ++v) videos.push_back(fmt::format("clip-{:04}", v));
  core::Submitted event = test::submission(fmt::format("series{}", series), names, videos);
  event.baseline = names[0];
  for (std::size_t r = 0; r < runs; ++r) {
    event.runs[r].method = r == 0 ? "none" : r % 2 == 0 ? "lora" : "adasteer";
    event.runs[r].parameters_json =
        fmt::format(R"({{"gen_start_frame":32,"lr":{:g},"replicate":0,"seed":42,"steps":{}}})",
                    1e-4 * static_cast<double>(1 + r / 2 % 10), 5 * (1 + r / 20));
  }
  must(store.commit(core.apply(std::move(event), static_cast<TimeUs>(series) + 1)));
}

/// Metrics that differ by run and item, without a pattern that a test statistic would notice.
JobOutput measured(std::size_t i) {
  JobOutput output = test::result(20 + static_cast<double>(i * 7919 % 10007) / 2000);
  output.metrics.push_back({"lpips", 0.25 + static_cast<double>(i * 104729 % 997) / 9970, {}});
  for (MetricValue& metric : output.metrics) {
    metric.per_frame.assign(14, metric.mean);
  }
  output.adaptation.losses = std::vector<double>(20, 0.123456789);
  return output;
}

std::variant<core::JobResult, JobFailure> outcome(std::size_t i) {
  if (i % kJobsPerFailure == kJobsPerFailure - 1) {
    return JobFailure{FailureCause::kData, "the file ends in the middle of a frame", "truncated"};
  }
  return core::JobResult(measured(i));
}

/// Grants and reports of about kBatch jobs, each committed together. False when none is queued.
bool finish_batch(core::Core& core, store::Store& store, const WorkerId& worker, std::size_t& done,
                  TimeUs& now) {
  std::vector<core::Effects> grants;
  for (std::size_t granted = 0; granted < kBatch;) {
    grants.push_back(core.apply(core::LeaseAsked{worker, "", 8}, ++now));
    const auto* grant = grants.back().answer<core::LeaseGrant>();
    if (grant == nullptr) break;
    granted += grant->jobs.size();
  }
  must(store.commit(grants));
  std::vector<core::Effects> reports;
  for (const core::Effects& effects : grants) {
    const auto* grant = effects.answer<core::LeaseGrant>();
    if (grant == nullptr) continue;
    for (const core::GrantedJob& job : grant->jobs) {
      reports.push_back(core.apply(core::Reported{worker, grant->lease, job.digest, job.attempt,
                                                  now, now + 1, outcome(done++)},
                                   ++now));
    }
  }
  must(store.commit(reports));
  return !reports.empty();
}

void generate(const std::string& path, std::size_t rows) {
  store::Store store = must(store::Store::open(path));
  core::Core core;
  std::size_t submitted = 0;
  for (std::size_t series = 0; submitted < rows; ++series) {
    const bool wide = series == 0 && rows > kWideRuns * kWideItems;
    const std::size_t runs = wide ? kWideRuns : kRuns;
    const std::size_t items = wide ? kWideItems : kItems;
    submit(core, store, series, runs, items);
    submitted += runs * items;
  }
  const core::Effects joined = core.apply(test::worker("w"), 1);
  must(store.commit(joined));
  const WorkerId worker = joined.answer<core::WorkerAnswer>()->worker;
  std::size_t done = 0;
  TimeUs now = 1'000'000;
  while (finish_batch(core, store, worker, done, now)) {
  }
  std::printf("generated %zu rows in %s\n", done, path.c_str());
}

/// That of the server, which is in this process: all threads but the one that asks.
double server_seconds() {
  return processor_seconds(RUSAGE_SELF) - processor_seconds(RUSAGE_THREAD);
}

/// What the server took for one document.
struct Served {
  double answered_ms = 0;  ///< the first answer, which may be that it is still computed
  double ready_ms = 0;     ///< until the document was there
  double cpu_ms = 0;       ///< of the server's threads until then
  std::size_t bytes = 0;
};

Served serve(httplib::Client& client, const std::string& path) {
  constexpr int kStillComputing = 202;
  constexpr std::chrono::milliseconds kAskAgain{20};
  const double start = monotonic_seconds();
  const double cpu = server_seconds();
  const auto elapsed_ms = [start] { return (monotonic_seconds() - start) * 1e3; };
  Served served;
  while (true) {
    const auto reply = client.Get(path);
    COX_CHECK(static_cast<bool>(reply), httplib::to_string(reply.error()));
    if (served.answered_ms == 0) served.answered_ms = elapsed_ms();
    if (reply->status == kStillComputing) {
      std::this_thread::sleep_for(kAskAgain);
      continue;
    }
    COX_CHECK(reply->status == 200, reply->body);
    served.ready_ms = elapsed_ms();
    served.cpu_ms = (server_seconds() - cpu) * 1e3;
    served.bytes = reply->body.size();
    return served;
  }
}

/// A document's first time, and the least of its later ones.
void time_document(httplib::Client& client, const char* name, const std::string& path) {
  const Served first = serve(client, path);
  Served least = serve(client, path);
  for (int i = 1; i < kRepeats; ++i) {
    const Served later = serve(client, path);
    least.answered_ms = std::min(least.answered_ms, later.answered_ms);
    least.cpu_ms = std::min(least.cpu_ms, later.cpu_ms);
  }
  std::printf(
      "%-26s first %8.1f ms, ready %9.1f ms, cpu %9.1f ms; least %7.1f ms, cpu %7.1f ms; %8.1f "
      "KiB\n",
      name, first.answered_ms, first.ready_ms, first.cpu_ms, least.answered_ms, least.cpu_ms,
      static_cast<double>(first.bytes) / 1024);
  std::fflush(stdout);
}

void time_documents(const std::string& path, std::string_view only) {
  constexpr time_t kPatience_s = 600;
  const auto server = must(web::WebServer::start({.port = 0, .cache_folder = ""},
                                                 must(web::shared_database_query(path))));
  const std::string& address = server->address();
  httplib::Client client(address.substr(0, address.size() - 1));
  client.set_read_timeout(kPatience_s);
  const auto time = [&](const char* name, const std::string& document) {
    if (std::string_view(name).starts_with(only)) time_document(client, name, document);
  };
  time("session", "/api/session");
  time("series list", "/api/series-list");
  time("series, 100 x 100", "/api/series?series=series1");
  time("run, 1,000 items", "/api/run?run=series0/s0-r7");
  time("compare, 1,000 items", "/api/compare?baseline=series0/s0-r0&run=series0/s0-r7");
  time("item, 400 runs", "/api/item?series=series0&item=clip-0007&run=s0-r0&run=s0-r7");
  time("queue", "/api/queue");
  time("failures", "/api/failures");
  time("query, best of all runs",
       "/api/query?sql=SELECT%20series,run,psnr%20FROM%20v_leaderboard"
       "%20ORDER%20BY%20psnr%20DESC%20LIMIT%2050");
  time("summary, 400 x 1,000", "/api/series-summary?series=series0");
  time("series, 400 x 1,000", "/api/series?series=series0");
}

int run(std::size_t rows, const std::string& named, std::string_view only) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("cox-page-bench-{}", ::getpid());
  const std::string path = named.empty() ? (folder / "bench.db").string() : named;
  if (named.empty()) std::filesystem::create_directories(folder);
  if (!std::filesystem::exists(path)) generate(path, rows);
  { const store::Store migrated = must(store::Store::open(path)); }
  time_documents(path, only);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace cox

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  return cox::run(rows, argc > 2 ? argv[2] : "", argc > 3 ? argv[3] : "");
}
