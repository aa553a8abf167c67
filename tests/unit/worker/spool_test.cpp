#include "worker/spool.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"

namespace fs = std::filesystem;
using cox::StatusCode;
using cox::test::TemporaryDirectory;
using cox::worker::Spool;

namespace {

cox::v1::JobReport report_of(const std::string& job, std::uint32_t attempt = 1) {
  cox::v1::JobReport report;
  report.set_job_digest(job);
  report.set_attempt(attempt);
  report.mutable_output()->set_scored_frames(14);
  return report;
}

std::vector<std::string> drained(Spool& spool) {
  std::vector<std::string> jobs;
  while (true) {
    const auto entries = spool.oldest(2);
    REQUIRE(entries.is_ok());
    if (entries->empty()) return jobs;
    CHECK(entries->size() <= 2);
    for (const Spool::Entry& entry : *entries) {
      jobs.push_back(entry.report.job_digest());
      REQUIRE(spool.remove(entry.name).is_ok());
    }
  }
}

}  // namespace

TEST_CASE("Reports come back oldest first, also after the process died") {
  const TemporaryDirectory directory;
  {
    auto spool = Spool::open(directory / "spool");
    REQUIRE(spool.is_ok());
    for (const char* job : {"ccc", "aaa", "bbb"}) REQUIRE(spool->add(report_of(job)).is_ok());
    CHECK(spool->size() == 3);
  }
  auto spool = Spool::open(directory / "spool");
  REQUIRE(spool.is_ok());
  REQUIRE(spool->add(report_of("ddd")).is_ok());
  CHECK(drained(*spool) == std::vector<std::string>{"ccc", "aaa", "bbb", "ddd"});
  CHECK(spool->size() == 0);
}

TEST_CASE("A report keeps every field") {
  const TemporaryDirectory directory;
  auto spool = Spool::open(directory.path());
  REQUIRE(spool.is_ok());
  const cox::v1::JobReport report = report_of("aaa", 7);
  REQUIRE(spool->add(report).is_ok());
  const auto entries = spool->oldest(8);
  REQUIRE(entries.is_ok());
  REQUIRE(entries->size() == 1);
  CHECK(entries->front().report.SerializeAsString() == report.SerializeAsString());
}

TEST_CASE("What a killed writer left is no report") {
  const TemporaryDirectory directory;
  std::ofstream(directory / ".00000000000000000001-aaa-1.report.77.0.part") << "half";
  auto spool = Spool::open(directory.path());
  REQUIRE(spool.is_ok());
  CHECK(spool->size() == 0);
  CHECK_FALSE(fs::exists(directory / ".00000000000000000001-aaa-1.report.77.0.part"));
}

TEST_CASE("A damaged report is set aside, and the others are still delivered") {
  const TemporaryDirectory directory;
  {
    auto spool = Spool::open(directory.path());
    REQUIRE(spool.is_ok());
    REQUIRE(spool->add(report_of("aaa")).is_ok());
    REQUIRE(spool->add(report_of("bbb")).is_ok());
  }
  const std::string damaged = "00000000000000000001-aaa-1.report";
  std::ofstream(directory / damaged, std::ios::trunc) << "\xff\xff\xff";
  auto spool = Spool::open(directory.path());
  REQUIRE(spool.is_ok());
  CHECK(drained(*spool) == std::vector<std::string>{"bbb"});
  CHECK(fs::exists(directory / ("set_aside/" + damaged)));
}

TEST_CASE("Two workers cannot share a spool") {
  const TemporaryDirectory directory;
  const auto first = Spool::open(directory.path());
  REQUIRE(first.is_ok());
  const auto second = Spool::open(directory.path());
  REQUIRE_FALSE(second.is_ok());
  CHECK(second.status().code() == StatusCode::kUnavailable);
}
