// queue_simulation: random histories of coordinator, store and workers in virtual time, each judged
// by an oracle of its own. docs/reliability.md has its table.

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <optional>

#include "base/file.h"
#include "tests/simulation/queue/world.h"

namespace cox::simulation {
namespace {

constexpr unsigned kInChild = 200;         ///< schedules in one process
constexpr unsigned kMostUntilRed = 4'000;  ///< schedules after which a mutation must have shown

struct MutationName {
  Mutation mutation;
  const char* name;
};
constexpr MutationName kMutations[] = {{Mutation::kFencing, "fencing"},
                                       {Mutation::kUniqueIndex, "unique index"},
                                       {Mutation::kFsync, "fsync"},
                                       {Mutation::kLeaseExpiry, "lease expiry"}};

/// What a child process tells, also when it is ended by a failed check.
struct Shared {
  unsigned seed = 0;  ///< being run
  unsigned violating_seed = 0;
  bool violated = false;
  char violation[256] = {};
  std::uint64_t schedules = 0;
  std::uint64_t results = 0;
  std::uint64_t computations = 0;
  std::uint64_t starts = 0;
};

Shared* make_shared_memory() {
  void* const place =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) std::abort();
  return new (place) Shared();
}

void run_range(Shared& shared, unsigned first, unsigned count, Mutation mutation) {
  for (unsigned seed = first; seed < first + count; ++seed) {
    shared.seed = seed;
    const Outcome outcome = run_schedule(draw_schedule(seed), mutation);
    ++shared.schedules;
    shared.results += outcome.results;
    shared.computations += outcome.computations;
    shared.starts += outcome.starts;
    if (outcome.violation.empty()) continue;
    shared.violated = true;
    shared.violating_seed = seed;
    std::snprintf(shared.violation, sizeof shared.violation, "%s", outcome.violation.c_str());
    return;
  }
}

/// Starts a process of its own, so that a failed check of the core ends only it.
template <typename Work>
pid_t in_child(Work work) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  // A failing check prints to stderr, hundreds of times while a schedule is reduced.
  if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(2);
  work();
  ::_exit(0);
}

/// Notes in `shared` when the child was ended by a check.
void wait_for(pid_t child, Shared& shared) {
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  shared.violated = true;
  shared.violating_seed = shared.seed;
  std::snprintf(shared.violation, sizeof shared.violation, "a check of the core failed");
}

bool violates(const Schedule& schedule, Mutation mutation) {
  Shared* const shared = make_shared_memory();
  const pid_t child = in_child([&] {
    const Outcome outcome = run_schedule(schedule, mutation);
    shared->violated = !outcome.violation.empty();
  });
  wait_for(child, *shared);
  const bool violated = shared->violated;
  ::munmap(shared, sizeof(Shared));
  return violated;
}

/// The smallest schedule that still breaks a promise.
Schedule shrunk(Schedule schedule, Mutation mutation) {
  for (bool again = true; again;) {
    again = false;
    for (const Schedule& less : smaller(schedule)) {
      if (!violates(less, mutation)) continue;
      schedule = less;
      again = true;
      break;
    }
  }
  return schedule;
}

struct Options {
  unsigned schedules = 2'000;
  unsigned seed = 1;
  int processes = 2;
  std::string kept = "";
};

/// Runs schedules in processes side by side until one breaks a promise. Returns the totals.
Shared run_all(const Options& options, Mutation mutation) {
  Shared total;
  const unsigned end = options.seed + options.schedules;
  for (unsigned next = options.seed; next < end && !total.violated;) {
    std::vector<std::pair<pid_t, Shared*>> children;
    for (int i = 0; i < options.processes && next < end; ++i) {
      const unsigned count = std::min(kInChild, end - next);
      Shared* const shared = make_shared_memory();
      children.emplace_back(in_child([=] { run_range(*shared, next, count, mutation); }), shared);
      next += count;
    }
    for (const auto& [child, shared] : children) {
      wait_for(child, *shared);
      total.schedules += shared->schedules;
      total.results += shared->results;
      total.computations += shared->computations;
      total.starts += shared->starts;
      if (shared->violated && !total.violated) {
        total.violated = true;
        total.violating_seed = shared->violating_seed;
        std::copy(std::begin(shared->violation), std::end(shared->violation), total.violation);
      }
      ::munmap(shared, sizeof(Shared));
    }
  }
  return total;
}

/// Schedules that once broke a promise.
bool run_kept(const std::string& folder) {
  bool all_well = true;
  int count = 0;
  if (!folder.empty()) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".txt") continue;
      const auto schedule = schedule_from(read_file(entry.path().string()).value());
      const bool well = schedule.is_ok() && !violates(*schedule, Mutation::kNone);
      if (!well) fmt::print("kept schedule {} breaks a promise\n", entry.path().string());
      all_well = all_well && well;
      ++count;
    }
  }
  fmt::print("{} kept schedules\n", count);
  return all_well;
}

bool run_unmutated(const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  const Shared total = run_all(options, Mutation::kNone);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  fmt::print(
      "{} schedules from seed {} in {:.1f} s ({:.0f} an hour): {} results, {} computations, "
      "{} starts of a coordinator\n",
      total.schedules, options.seed, seconds, static_cast<double>(total.schedules) / seconds * 3600,
      total.results, total.computations, total.starts);
  if (!total.violated) return true;
  fmt::print("seed {}: {}\n", total.violating_seed, total.violation);
  const Schedule small = shrunk(draw_schedule(total.violating_seed), Mutation::kNone);
  fmt::print("shrunk; keep it in tests/simulation/queue/kept:\n{}", text_of(small));
  return false;
}

/// Each protection switched off must show.
bool run_mutations(const Options& options) {
  bool all_red = true;
  for (const auto& [mutation, name] : kMutations) {
    Options some = options;
    some.schedules = kMostUntilRed;
    const Shared total = run_all(some, mutation);
    all_red = all_red && total.violated;
    if (!total.violated) {
      fmt::print("without {}: NOT NOTICED in {} schedules\n", name, total.schedules);
      continue;
    }
    const Schedule small = shrunk(draw_schedule(total.violating_seed), mutation);
    fmt::print("without {}: noticed after {} schedules ({}); shrunk to {} faults\n", name,
               total.schedules, total.violation, small.faults.size());
  }
  return all_red;
}

int run(int argc, char** argv) {
  CLI::App app{"Random histories of the queue in virtual time"};
  Options options;
  std::string replay;
  app.add_option("--schedules", options.schedules, "How many");
  app.add_option("--seed", options.seed, "Of the first");
  app.add_option("--processes", options.processes, "Side by side");
  app.add_option("--kept", options.kept, "Folder of schedules that once broke a promise");
  app.add_option("--replay", replay, "Only this schedule");
  CLI11_PARSE(app, argc, argv);
  if (!replay.empty()) {
    const auto schedule = schedule_from(read_file(replay).value());
    if (!schedule.is_ok()) return 2;
    const Outcome outcome = run_schedule(*schedule);
    fmt::print("{}\n", outcome.violation.empty() ? "every promise was kept" : outcome.violation);
    return outcome.violation.empty() ? 0 : 1;
  }
  const bool kept = run_kept(options.kept);
  const bool well = run_unmutated(options);
  const bool noticed = run_mutations(options);
  return kept && well && noticed ? 0 : 1;
}

}  // namespace
}  // namespace cox::simulation

int main(int argc, char** argv) { return cox::simulation::run(argc, argv); }
