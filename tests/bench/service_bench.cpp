// service_bench [jobs] [bundle] [reports] [pages] [rounds]: durable jobs a second over gRPC, with
// 64 workers, bundles of at most `bundle` jobs and at most `reports` results in a call. Default:
// 100000 64 64. With `pages`, each of `rounds` rounds is run without and with so many open pages of
// the web server, and the ratio of the two rates is printed.
//
// A program of its own, because test programs are compiled without optimisation: a linker takes
// inline functions from any object, and so such a program would time unoptimised ones.

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "coordinator/service/server.h"
#include "coordinator/service/submission.h"
#include "coordinator/web/database_pool.h"
#include "coordinator/web/web_server.h"
#include "tests/support/sample_plan.h"
#include "tests/support/temporary_directory.h"
#include "worker/client.h"
#include "worker/versions.h"

namespace cox {
namespace {

constexpr int kWorkers = 64;
constexpr int kVideos = 1'000;

template <typename T>
T must(Result<T> result) {
  COX_CHECK(result.is_ok(), result.status().to_string());
  return std::move(result).value();
}

struct Sizes {
  int jobs = 100'000;
  int bundle = 64;
  int reports = 64;
  int pages = 0;
  int rounds = 3;
};

v1::LeaseRequest lease_request(const std::string& worker, int bundle) {
  constexpr std::int64_t kWaitMs = 1'000;
  v1::LeaseRequest request;
  request.set_worker_id(worker);
  request.set_max_jobs(static_cast<std::uint32_t>(bundle));
  request.set_wait_ms(kWaitMs);
  return request;
}

void add_result(const std::string& worker, const v1::Bundle& bundle, int index,
                v1::ReportRequest& call) {
  constexpr double kPsnr = 21.5;
  v1::JobReport& report = *call.add_reports();
  report.set_job_digest(bundle.jobs(index).job_digest());
  report.set_attempt(bundle.jobs(index).attempt());
  report.set_lease_id(bundle.lease_id());
  report.set_worker_id(worker);
  v1::MetricValue& psnr = *report.mutable_output()->add_metrics();
  psnr.set_name("psnr");
  psnr.set_mean(kPsnr);
  psnr.add_per_frame(kPsnr);
}

/// Leases and reports until nothing is left. Returns how many jobs that were.
int work(const Endpoint& endpoint, int index, const Sizes& sizes) {
  worker::Client client = must(worker::Client::open(endpoint));
  v1::RegisterRequest identity = worker::versioned_identity();
  identity.set_name("w" + std::to_string(index));
  const std::string id = must(client.register_worker(identity)).worker_id();
  int jobs = 0;
  while (true) {
    const v1::LeaseReply reply = must(client.lease(lease_request(id, sizes.bundle)));
    if (reply.idle() == v1::LeaseReply::IDLE_LEAVE) return jobs;
    v1::ReportRequest call;
    for (int i = 0; i < reply.bundle().jobs_size(); ++i, ++jobs) {
      add_result(id, reply.bundle(), i, call);
      const bool last = i + 1 == reply.bundle().jobs_size();
      if (call.reports_size() < sizes.reports && !last) continue;
      must(client.report(call));
      call.Clear();
    }
  }
}

/// The web server over the coordinator's database, and pages that follow it as a browser does: each
/// reads the stream of events, and asks for the list of series when an event tells it of a change.
class OpenPages {
 public:
  OpenPages(const std::string& database, int pages)
      : server_(must(web::WebServer::start({.port = 0, .cache_folder = ""},
                                           must(web::shared_database_query(database))))) {
    for (int i = 0; i < pages; ++i) threads_.emplace_back([this] { follow(); });
  }
  ~OpenPages() { closing_ = true; }
  OpenPages(const OpenPages&) = delete;
  OpenPages& operator=(const OpenPages&) = delete;

  int documents() const { return documents_; }

 private:
  void follow() {
    const std::string address = server_->address().substr(0, server_->address().size() - 1);
    httplib::Client events(address);
    httplib::Client documents(address);
    events.Get("/api/events", [&](const char* data, std::size_t size) {
      if (std::string_view(data, size).find("data:") != std::string_view::npos) {
        COX_CHECK(static_cast<bool>(documents.Get("/api/series-list")), "a document");
        ++documents_;
      }
      return !closing_;
    });
  }

  std::unique_ptr<web::WebServer> server_;
  std::atomic<bool> closing_{false};
  std::atomic<int> documents_{0};
  std::vector<std::jthread> threads_;  ///< joined first
};

/// Returns the jobs a second.
double run(const Sizes& sizes, int open_pages) {
  const test::TemporaryDirectory directory;
  service::CoordinatorOptions options;
  options.database = directory / "cox.db";
  options.dismiss_idle_workers = true;
  const auto coordinator = must(service::Coordinator::open(options));
  double begin = monotonic_seconds();
  const auto plan = test::sample_plan("bench", sizes.jobs / kVideos, kVideos);
  const auto submitted = must(coordinator->submit(service::submit_request_of(plan))).new_jobs();
  std::cout << submitted << " jobs submitted in " << monotonic_seconds() - begin << " s\n";

  const auto server = must(service::Server::start(*coordinator, {}));
  const Endpoint endpoint{server->address(), "", ""};
  std::optional<OpenPages> pages;
  if (open_pages > 0) pages.emplace(options.database, open_pages);
  begin = monotonic_seconds();
  std::atomic<int> jobs{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kWorkers; ++i) {
      threads.emplace_back([&, i] { jobs += work(endpoint, i, sizes); });
    }
  }
  const double seconds = monotonic_seconds() - begin;
  COX_CHECK(static_cast<std::uint64_t>(jobs) == submitted, "some jobs were not done");
  std::cout << jobs << " durable jobs, " << kWorkers << " workers, bundles of at most "
            << sizes.bundle << ", at most " << sizes.reports
            << " results a call: " << static_cast<int>(jobs / seconds) << " jobs/s";
  if (pages)
    std::cout << " with " << open_pages << " pages, " << pages->documents() << " documents";
  std::cout << std::endl;
  return jobs / seconds;
}

void compare_with_pages(const Sizes& sizes) {
  std::vector<double> ratios;
  for (int round = 0; round < sizes.rounds; ++round) {
    const double without = run(sizes, 0);
    ratios.push_back(run(sizes, sizes.pages) / without);
  }
  std::sort(ratios.begin(), ratios.end());
  std::cout << fmt::format(
      "with {} pages {:.3f} of the rate without (median of {}; {:.3f} to {:.3f})\n", sizes.pages,
      ratios[ratios.size() / 2], ratios.size(), ratios.front(), ratios.back());
}

}  // namespace
}  // namespace cox

int main(int count, char** arguments) {
  cox::Sizes sizes;
  int* const fields[] = {&sizes.jobs, &sizes.bundle, &sizes.reports, &sizes.pages, &sizes.rounds};
  for (int i = 1; i < count && i <= 5; ++i) *fields[i - 1] = std::atoi(arguments[i]);
  if (sizes.pages > 0) {
    cox::compare_with_pages(sizes);
  } else {
    cox::run(sizes, 0);
  }
  return 0;
}
