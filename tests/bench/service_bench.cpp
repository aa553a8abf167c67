// service_bench [jobs] [bundle] [reports] [pages] [rounds]: durable jobs a second over gRPC, with
// 64 workers, bundles of at most `bundle` jobs and at most `reports` results in a call. Default:
// 100000 64 64.
//
// With `pages`, what so many open pages of the web server cost the coordinator: the processor time
// of the web server's threads as a share of what all of the coordinator's use, in each of `rounds`
// rounds. The workers and the pages run in a process of their own, which counts for neither. That
// share is what the pages take of the dispatch rate of a coordinator whose processors are all busy,
// and other programs on the machine do not change it, as they do rates of rounds with and without
// pages.
//
// A separate program, because test programs are compiled without optimization: the linker takes
// inline functions from any object, so a test program would time unoptimized ones.

#include <fmt/format.h>
#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "coordinator/service/server.h"
#include "coordinator/service/submission.h"
#include "coordinator/web/database_pool.h"
#include "coordinator/web/web_server.h"
#include "tests/bench/bench.h"
#include "tests/support/job_report.h"
#include "tests/support/sample_plan.h"
#include "tests/support/temporary_directory.h"
#include "worker/client.h"
#include "worker/versions.h"

namespace cox {
namespace {

constexpr int kWorkers = 64;
constexpr int kVideos = 1'000;

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
      test::add_result(id, reply.bundle(), i, call);
      const bool last = i + 1 == reply.bundle().jobs_size();
      if (call.reports_size() < sizes.reports && !last) continue;
      must(client.report(call));
      call.Clear();
    }
  }
}

/// All workers until nothing is left. Returns how many jobs they did.
int work_all(const Endpoint& endpoint, const Sizes& sizes) {
  std::atomic<int> jobs{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kWorkers; ++i) {
      threads.emplace_back([&, i] { jobs += work(endpoint, i, sizes); });
    }
  }
  return jobs;
}

/// Pages that follow a web server as a browser does: each reads the stream of events, and asks for
/// the list of series when an event tells it of a change.
class OpenPages {
 public:
  OpenPages(std::string address, int pages) : address_(std::move(address)) {
    for (int i = 0; i < pages; ++i) threads_.emplace_back([this] { follow(); });
  }
  ~OpenPages() { closing_ = true; }
  OpenPages(const OpenPages&) = delete;
  OpenPages& operator=(const OpenPages&) = delete;

  int documents() const { return documents_; }

 private:
  void follow() {
    httplib::Client events(address_);
    httplib::Client documents(address_);
    events.Get("/api/events", [&](const char* data, std::size_t size) {
      if (std::string_view(data, size).find("data:") != std::string_view::npos) {
        COX_CHECK(static_cast<bool>(documents.Get("/api/series-list")), "a document");
        ++documents_;
      }
      return !closing_;
    });
  }

  std::string address_;
  std::atomic<bool> closing_{false};
  std::atomic<int> documents_{0};
  std::vector<std::jthread> threads_;  ///< joined first
};

/// What the program runs as the process of the workers and pages: prints how many jobs were done
/// and documents shown.
constexpr std::string_view kClients = "clients";
void run_clients(const std::string& coordinator, const std::string& page, const Sizes& sizes) {
  std::optional<OpenPages> pages;
  if (sizes.pages > 0) pages.emplace(page, sizes.pages);
  const int jobs = work_all({coordinator, "", ""}, sizes);
  std::cout << jobs << ' ' << (pages ? pages->documents() : 0) << std::endl;
}

/// The threads of this process.
std::set<std::string> thread_ids() {
  std::set<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    ids.insert(entry.path().filename());
  }
  return ids;
}

/// Seconds that a thread ran on a processor, to the nanosecond.
double thread_seconds(const std::string& id) {
  std::ifstream file(fmt::format("/proc/self/task/{}/schedstat", id));
  double nanoseconds = 0;
  COX_CHECK(static_cast<bool>(file >> nanoseconds), "a thread of the web server");
  return nanoseconds * 1e-9;
}

/// A web server whose threads are known: it starts all of them before it answers.
struct MeasuredWebServer {
  explicit MeasuredWebServer(const std::string& database) {
    const std::set<std::string> before = thread_ids();
    server = must(web::WebServer::start({.port = 0, .cache_folder = ""},
                                        must(web::shared_database_query(database))));
    address = server->address().substr(0, server->address().size() - 1);
    COX_CHECK(static_cast<bool>(httplib::Client(address).Get("/api/session")), "an answer");
    for (const std::string& id : thread_ids()) {
      if (!before.contains(id)) threads.insert(id);
    }
  }
  double seconds() const {
    double sum = 0;
    for (const std::string& id : threads) sum += thread_seconds(id);
    return sum;
  }

  std::unique_ptr<web::WebServer> server;
  std::string address;
  std::set<std::string> threads;
};

/// A coordinator over a new database with the jobs.
struct Bench {
  explicit Bench(const Sizes& sizes) {
    service::CoordinatorOptions options;
    options.database = directory / "cox.db";
    options.dismiss_idle_workers = true;
    coordinator = must(service::Coordinator::open(options));
    const double begin = monotonic_seconds();
    const auto plan = test::sample_plan("bench", sizes.jobs / kVideos, kVideos);
    submitted = must(coordinator->submit(service::submit_request_of(plan))).new_jobs();
    std::cout << submitted << " jobs submitted in " << monotonic_seconds() - begin << " s\n";
    server = must(service::Server::start(*coordinator, {}));
  }
  void check(std::uint64_t jobs) const { COX_CHECK(jobs == submitted, "some jobs were not done"); }

  test::TemporaryDirectory directory;
  std::unique_ptr<service::Coordinator> coordinator;
  std::unique_ptr<service::Server> server;
  std::uint64_t submitted = 0;
};

void run(const Sizes& sizes) {
  const Bench bench(sizes);
  const double begin = monotonic_seconds();
  const int jobs = work_all({bench.server->address(), "", ""}, sizes);
  const double seconds = monotonic_seconds() - begin;
  bench.check(static_cast<std::uint64_t>(jobs));
  std::cout << jobs << " durable jobs, " << kWorkers << " workers, bundles of at most "
            << sizes.bundle << ", at most " << sizes.reports
            << " results a call: " << static_cast<int>(jobs / seconds) << " jobs/s" << std::endl;
}

/// Returns the share of the coordinator's processor time that the pages take.
double run_with_pages(const Sizes& sizes) {
  const Bench bench(sizes);
  const MeasuredWebServer web(bench.directory / "cox.db");
  const double begin = monotonic_seconds();
  const double process = processor_seconds(RUSAGE_SELF);
  const double of_web = web.seconds();
  const std::string command =
      fmt::format("/proc/{}/exe {} {} {} {} {} {}", ::getpid(), kClients, bench.server->address(),
                  web.address, sizes.bundle, sizes.reports, sizes.pages);
  FILE* const clients = ::popen(command.c_str(), "r");
  COX_CHECK(clients != nullptr, "a process of the workers");
  std::uint64_t jobs = 0;
  int documents = 0;
  COX_CHECK(std::fscanf(clients, "%lu %d", &jobs, &documents) == 2, "what the workers did");
  const double seconds = monotonic_seconds() - begin;
  const double pages = web.seconds() - of_web;
  const double all = processor_seconds(RUSAGE_SELF) - process;
  ::pclose(clients);
  bench.check(jobs);
  std::cout << fmt::format(
                   "{} durable jobs in {:.1f} s with {} pages, {} documents: processor time {:.2f} "
                   "s, of it {:.3f} s for the pages, {:.2f} %\n",
                   jobs, seconds, sizes.pages, documents, all, pages, 100 * pages / all)
            << std::flush;
  return pages / all;
}

void measure_pages(const Sizes& sizes) {
  std::vector<double> shares;
  for (int round = 0; round < sizes.rounds; ++round) shares.push_back(run_with_pages(sizes));
  std::sort(shares.begin(), shares.end());
  std::cout << fmt::format("{} pages: {:.2f} % (median of {}; {:.2f} to {:.2f})\n", sizes.pages,
                           100 * shares[shares.size() / 2], shares.size(), 100 * shares.front(),
                           100 * shares.back());
}

}  // namespace
}  // namespace cox

int main(int count, char** arguments) {
  cox::Sizes sizes;
  if (count == 7 && arguments[1] == cox::kClients) {
    sizes.bundle = std::atoi(arguments[4]);
    sizes.reports = std::atoi(arguments[5]);
    sizes.pages = std::atoi(arguments[6]);
    cox::run_clients(arguments[2], arguments[3], sizes);
    return 0;
  }
  int* const fields[] = {&sizes.jobs, &sizes.bundle, &sizes.reports, &sizes.pages, &sizes.rounds};
  for (int i = 1; i < count && i <= 5; ++i) *fields[i - 1] = std::atoi(arguments[i]);
  if (sizes.pages > 0) {
    cox::measure_pages(sizes);
  } else {
    cox::run(sizes);
  }
  return 0;
}
