#include "tests/simulation/queue/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <sstream>

namespace cox::simulation {

namespace {

constexpr DurationUs kFaultSpan = 40 * kSecondUs;
constexpr int kMostFaults = 14;

struct Setting {
  const char* name;
  int Schedule::*value;
  int least;
};

constexpr Setting kSettings[] = {
    {"workers", &Schedule::workers, 1},
    {"series", &Schedule::series, 1},
    {"runs", &Schedule::runs, 1},
    {"videos", &Schedule::videos, 1},
    {"loss_percent", &Schedule::loss_percent, 0},
    {"duplicate_percent", &Schedule::duplicate_percent, 0},
    {"failure_percent", &Schedule::failure_percent, 0},
    {"delay_ms", &Schedule::delay_ms, 1},
    {"time_limit_s", &Schedule::time_limit_s, 0},
    {"stop_rule", &Schedule::stop_rule, 0},
};

}  // namespace

const std::vector<std::string_view>& fault_kinds() {
  static const std::vector<std::string_view> kKinds = {
      "kill_worker",  "pause_worker",     "cut_worker",
      "drain_worker", "kill_coordinator", "pause_coordinator",
      "disk_full",    "slow_commits",     "clock_forward",
      "clock_back",   "submit",           "cancel",
      "retry",        "pause_series",     "resume_series",
      "priority",     "two_coordinators"};
  return kKinds;
}

Schedule draw_schedule(unsigned seed) {
  std::mt19937 random(seed);
  const auto pick = [&](int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random);
  };
  Schedule schedule;
  schedule.seed = seed;
  schedule.workers = pick(1, 5);
  schedule.series = pick(1, 3);
  schedule.runs = pick(1, 4);
  schedule.videos = pick(1, 6);
  const bool bad_network = pick(0, 2) > 0;
  schedule.loss_percent = bad_network ? pick(0, 30) : 0;
  schedule.duplicate_percent = bad_network ? pick(0, 30) : 0;
  schedule.failure_percent = pick(0, 1) * pick(0, 30);
  schedule.delay_ms = pick(1, 400);
  schedule.time_limit_s = pick(0, 1) * pick(2, 6);
  schedule.stop_rule = pick(0, 2);
  const int faults = pick(0, kMostFaults);
  for (int i = 0; i < faults; ++i) {
    const auto& kinds = fault_kinds();
    Fault fault;
    fault.kind = kinds[static_cast<std::size_t>(pick(0, static_cast<int>(kinds.size()) - 1))];
    fault.at = std::uniform_int_distribution<TimeUs>(0, kFaultSpan)(random);
    fault.target = pick(0, 4);
    fault.duration = std::uniform_int_distribution<DurationUs>(0, 25 * kSecondUs)(random);
    schedule.faults.push_back(std::move(fault));
  }
  std::sort(schedule.faults.begin(), schedule.faults.end(),
            [](const Fault& a, const Fault& b) { return a.at < b.at; });
  return schedule;
}

std::string text_of(const Schedule& schedule) {
  std::string text = fmt::format("seed={}", schedule.seed);
  for (const Setting& setting : kSettings) {
    text += fmt::format(" {}={}", setting.name, schedule.*setting.value);
  }
  text += '\n';
  for (const Fault& fault : schedule.faults) {
    text += fmt::format("{} {} {} {}\n", fault.at, fault.kind, fault.target, fault.duration);
  }
  return text;
}

Result<Schedule> schedule_from(const std::string& text) {
  Schedule schedule;
  std::istringstream lines(text);
  std::string line;
  if (!std::getline(lines, line)) return invalid_argument("a schedule has at least one line");
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return invalid_argument("expected key=value, got " + word);
    const std::string key = word.substr(0, equals);
    const int value = std::stoi(word.substr(equals + 1));
    if (key == "seed") {
      schedule.seed = static_cast<unsigned>(std::stoul(word.substr(equals + 1)));
      continue;
    }
    const auto* setting = std::find_if(std::begin(kSettings), std::end(kSettings),
                                       [&](const Setting& known) { return known.name == key; });
    if (setting == std::end(kSettings)) return invalid_argument("unknown key " + key);
    schedule.*(setting->value) = value;
  }
  while (std::getline(lines, line)) {
    if (line.empty()) continue;
    Fault fault;
    std::istringstream fields(line);
    if (!(fields >> fault.at >> fault.kind >> fault.target >> fault.duration)) {
      return invalid_argument("expected time, kind, target and duration, got " + line);
    }
    const auto& kinds = fault_kinds();
    if (std::find(kinds.begin(), kinds.end(), fault.kind) == kinds.end()) {
      return invalid_argument("unknown fault " + fault.kind);
    }
    schedule.faults.push_back(std::move(fault));
  }
  return schedule;
}

std::vector<Schedule> smaller(const Schedule& schedule) {
  std::vector<Schedule> all;
  const auto without = [&](std::size_t begin, std::size_t end) {
    Schedule less = schedule;
    less.faults.erase(less.faults.begin() + static_cast<std::ptrdiff_t>(begin),
                      less.faults.begin() + static_cast<std::ptrdiff_t>(end));
    all.push_back(std::move(less));
  };
  const std::size_t faults = schedule.faults.size();
  if (faults > 2) {
    without(0, faults / 2);
    without(faults / 2, faults);
  }
  for (std::size_t i = 0; i < faults; ++i) without(i, i + 1);
  for (const Setting& setting : kSettings) {
    const int value = schedule.*setting.value;
    for (const int less : {setting.least, (setting.least + value) / 2}) {
      if (less >= value) continue;
      Schedule better = schedule;
      better.*setting.value = less;
      all.push_back(std::move(better));
    }
  }
  return all;
}

}  // namespace cox::simulation
