// Random inputs for everything that reads files, options or answers of other programs.
//
//   reader_fuzz --corpus tests/fuzz/corpus [--reader NAME ...] [--inputs N | --seconds S] [--seed
//   S]
//               [--grow]
//
// Each reader gets its kept inputs first and then changed ones. No input may end the program, take
// longer than kLongestS, or break what the reader's driver promises. The input in hand is in the
// file of --last, so that it is there after a crash. Inputs that reach new code are changed further
// (with -fsanitize-coverage=trace-pc), and added to the corpus with --grow.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "tests/fuzz/coverage.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/reader.h"

namespace cox::fuzz {

std::vector<Reader> all_readers() {
  return {
#define COX_READER(name) name##_reader(),
#include "tests/fuzz/readers.def"
#undef COX_READER
  };
}

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double kLongestS = 10;          ///< of the processor's time for an input, with checkers
constexpr long kMostKib = 3L << 20;       ///< of memory, with what checkers take
constexpr std::size_t kMostKept = 4'000;  ///< inputs in hand for a reader

double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Flags {
  std::string corpus;
  std::vector<std::string> readers;
  std::optional<std::uint64_t> inputs;
  std::optional<double> seconds;
  std::uint64_t seed = 1;
  std::string last = "reader_fuzz.last";
  bool grow = false;
};

/// The file with the input in hand. Not synced: it is for the death of the process, not of the
/// machine.
class LastInput {
 public:
  explicit LastInput(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {}
  ~LastInput() { ::close(file_); }
  LastInput(const LastInput&) = delete;
  LastInput& operator=(const LastInput&) = delete;

  void write(const std::string& input) const {
    const bool written =
        ::pwrite(file_, input.data(), input.size(), 0) == static_cast<ssize_t>(input.size());
    require(written && ::ftruncate(file_, static_cast<off_t>(input.size())) == 0,
            "cannot write the file of --last");
  }

 private:
  int file_;
};

/// Kept inputs in the order of their names, the same on every machine.
std::vector<std::string> kept_inputs(const std::string& folder) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const fs::path& path : paths) inputs.push_back(read_file(path.string()).value());
  return inputs;
}

class Run {
 public:
  Run(const Flags& flags, const Reader& reader)
      : flags_(flags),
        reader_(reader),
        folder_(flags.corpus + "/" + reader.name),
        last_(flags.last),
        random_(flags.seed) {}

  /// Returns whether every promise held.
  bool run() {
    begin_ = Clock::now();
    try {
      all();
    } catch (const Fault& fault) {
      std::printf("%s: input %zu, seed %zu: %s; the input is in %s\n", reader_.name.c_str(),
                  static_cast<std::size_t>(tried_), static_cast<std::size_t>(flags_.seed),
                  fault.what.c_str(), flags_.last.c_str());
      return false;
    }
    const std::chrono::duration<double> took = Clock::now() - begin_;
    std::printf("%-16s %zu kept inputs, %zu changed ones in %.1f s, the slowest %.0f ms; %zu new\n",
                reader_.name.c_str(), kept_, static_cast<std::size_t>(tried_ - kept_), took.count(),
                slowest_s_ * 1e3, inputs_.size() - kept_);
    return true;
  }

 private:
  void all() {
    inputs_ = kept_inputs(folder_);
    kept_ = inputs_.size();
    require(kept_ > 0, "no kept inputs in " + folder_);
    for (const std::string& input : std::vector<std::string>(inputs_)) try_one(input);
    while (!is_over()) {
      const std::string& base = inputs_[random_() % inputs_.size()];
      const std::string& other = inputs_[random_() % inputs_.size()];
      const std::string input = mutated(base, other, reader_.tokens, random_);
      if (try_one(input) > 0 && inputs_.size() < kMostKept) keep(input);
    }
  }

  bool is_over() const {
    if (flags_.seconds) {
      return std::chrono::duration<double>(Clock::now() - begin_).count() >= *flags_.seconds;
    }
    return tried_ >= kept_ + flags_.inputs.value_or(0);
  }

  /// Returns how much of what the input did was new.
  std::size_t try_one(const std::string& input) {
    ++tried_;
    last_.write(input);
    begin_coverage();
    const double start = processor_seconds();
    reader_.read(input);
    const double took = processor_seconds() - start;
    slowest_s_ = std::max(slowest_s_, took);
    require(took < kLongestS, fmt::format("took {:.1f} s", took));
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    require(use.ru_maxrss < kMostKib, fmt::format("took {} KiB of memory", use.ru_maxrss));
    return new_coverage();
  }

  void keep(const std::string& input) {
    inputs_.push_back(input);
    if (!flags_.grow) return;
    const std::string path = fmt::format("{}/{:.16}", folder_, sha256_of(input));
    require(write_file_atomically(path, input).is_ok(), "cannot write " + path);
  }

  const Flags& flags_;
  const Reader& reader_;
  std::string folder_;
  LastInput last_;
  Random random_;
  std::vector<std::string> inputs_;
  std::size_t kept_ = 0;
  std::uint64_t tried_ = 0;
  Clock::time_point begin_;
  double slowest_s_ = 0;
};

int run(const Flags& flags) {
  set_log_level(LogLevel::kError);
  bool well = true;
  for (const Reader& reader : all_readers()) {
    const bool wanted = flags.readers.empty() ||
                        std::count(flags.readers.begin(), flags.readers.end(), reader.name) > 0;
    if (!wanted) continue;
    well = Run(flags, reader).run() && well;
    std::fflush(stdout);
  }
  return well ? 0 : 1;
}

}  // namespace
}  // namespace cox::fuzz

int main(int argc, char** argv) {
  cox::fuzz::Flags flags;
  CLI::App app("Tries readers with random inputs.");
  app.add_option("--corpus", flags.corpus)->required();
  std::vector<std::string> names;
  for (const cox::fuzz::Reader& reader : cox::fuzz::all_readers()) names.push_back(reader.name);
  app.add_option("--reader", flags.readers)->check(CLI::IsMember(names));
  auto* inputs = app.add_option("--inputs", flags.inputs, "Changed inputs for each reader");
  app.add_option("--seconds", flags.seconds, "Time for each reader")->excludes(inputs);
  app.add_option("--seed", flags.seed);
  app.add_option("--last", flags.last, "File for the input in hand");
  app.add_flag("--grow", flags.grow, "Add inputs that reach new code to the corpus");
  CLI11_PARSE(app, argc, argv);
  return cox::fuzz::run(flags);
}
