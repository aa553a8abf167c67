// Files that were damaged, linked or deleted.

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <random>

#include "base/file.h"
#include "coordinator/store/read_only.h"
#include "coordinator/store/snapshot_check.h"
#include "coordinator/store/store.h"
#include "tests/support/queue_fixture.h"
#include "tests/unit/store/scratch.h"

namespace cox::store {
namespace {

std::string filled_database(const test::Scratch& scratch) {
  std::string path = scratch.file("a.db");
  std::vector<std::string> videos;
  for (int i = 0; i < 200; ++i) videos.push_back(concat('v', i));
  Store store = Store::open(path).value();
  core::Core core;
  REQUIRE(store.commit(core.apply(test::submission("s", {"a", "b"}, videos), 1)).is_ok());
  const core::Effects joined = core.apply(test::worker("w"), 2);
  REQUIRE(store.commit(joined).is_ok());
  const WorkerId worker = joined.answer<core::WorkerAnswer>()->worker;
  REQUIRE(store.commit(core.apply(core::LeaseAsked{worker, "", 1}, 3)).is_ok());
  return path;
}

TEST_CASE("a second coordinator is kept out by any name of the database") {
  const test::Scratch scratch;
  const std::string path = filled_database(scratch);
  const Store first = Store::open(path).value();
  std::filesystem::create_symlink(path, scratch.file("symbolic.db"));
  std::filesystem::create_hard_link(path, scratch.file("hard.db"));
  for (const char* name : {"symbolic.db", "hard.db"}) {
    INFO(name);
    const Status status = Store::open(scratch.file(name)).status();
    CHECK(status.code() == StatusCode::kUnavailable);
    CHECK(status.message().find("in use by another process") != std::string::npos);
  }
  std::filesystem::remove(path + ".lock");
  CHECK(Store::open(path).status().code() == StatusCode::kUnavailable);
}

TEST_CASE("a log that is deleted stops the writer at its next commit, and nothing is lost") {
  const test::Scratch scratch;
  const std::string path = filled_database(scratch);
  Store store = Store::open(path).value();
  core::Core core = core::Core::restore({}, store.load().value(), 4);
  REQUIRE(store.commit(core.apply(test::submission("t", {"c"}, {"v1"}), 5)).is_ok());
  std::filesystem::remove(path + "-wal");
  const Status status = store.commit(core.apply(test::submission("u", {"d"}, {"v1"}), 6));
  CHECK(status.code() == StatusCode::kDataLoss);
  CHECK(status.message().find("-wal") != std::string::npos);
  const std::string copy = concat(path, ".rescued.", ::getpid());
  const auto rescued = ReadOnlyDatabase::open(copy).value();
  const auto series = rescued.query_table("SELECT group_concat(name) FROM series").value();
  CHECK(series.rows[0] == Row{std::string("s,t")});
}

TEST_CASE("a file that is overwritten or truncated in use stops the writer at its next commit") {
  for (const char* how : {"overwritten", "truncated"}) {
    INFO(how);
    const test::Scratch scratch;
    const std::string path = filled_database(scratch);
    Store store = Store::open(path).value();
    core::Core core = core::Core::restore({}, store.load().value(), 4);
    const auto bytes = std::filesystem::file_size(path);
    if (how == std::string("truncated")) {
      std::filesystem::resize_file(path, bytes / 2);
    } else {
      // As cp does: the file is the same, with other content.
      std::ofstream(path, std::ios::binary) << std::string(bytes, '\x5A');
    }
    const Status status = store.commit(core.apply(test::worker("x"), 6));
    CHECK(status.code() == StatusCode::kDataLoss);
    CHECK(status.message().find("another program") != std::string::npos);
    CHECK(status.message().find(".recover") != std::string::npos);
  }
}

TEST_CASE("damaged files are refused with the way back, and end nothing") {
  const test::Scratch scratch;
  const std::string whole = read_file(filled_database(scratch)).value();
  constexpr unsigned kSeed = 12;
  std::mt19937 random(kSeed);
  int refused = 0;
  constexpr int kMutations = 104;
  for (int i = 0; i < kMutations; ++i) {
    std::string damaged = whole;
    const std::size_t length = std::size_t{1} << (random() % 14);
    const std::size_t at = random() % (damaged.size() - std::min(length, damaged.size() - 1));
    switch (i % 4) {
      case 0:
        for (std::size_t k = 0; k < length && at + k < damaged.size(); ++k) {
          damaged[at + k] = static_cast<char>(random());
        }
        break;
      case 1:
        damaged.resize(at);
        break;
      case 2:
        std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at),
                    std::min(length, damaged.size() - at), '\0');
        break;
      default:
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (random() % 8)));
    }
    const std::string path = scratch.file(concat("m", i, ".db"));
    std::ofstream(path, std::ios::binary) << damaged;
    Result<Store> store = Store::open(path);
    if (!store.is_ok()) {
      ++refused;
      CHECK_FALSE(store.status().message().empty());
      continue;
    }
    const auto snapshot = store->load();
    if (!snapshot.is_ok()) {
      ++refused;
      CHECK(snapshot.status().message().find("backup") != std::string::npos);
      continue;
    }
    core::Core core = core::Core::restore({}, *snapshot, 10);
    [[maybe_unused]] const core::Effects effects = core.apply(core::Tick{}, 20);
  }
  CHECK(refused > kMutations / 4);
}

TEST_CASE("an overwritten page is noticed at the start") {
  const test::Scratch scratch;
  const std::string path = filled_database(scratch);
  std::string damaged = read_file(path).value();
  constexpr std::size_t kPage = 8192;
  REQUIRE(damaged.size() > 8 * kPage);
  std::fill_n(damaged.begin() + 5 * kPage, kPage, '\xA5');
  std::ofstream(path, std::ios::binary) << damaged;
  const Status status = Store::open(path).status();
  CHECK(status.code() == StatusCode::kDataLoss);
  CHECK(status.message().find(".recover") != std::string::npos);
}

TEST_CASE("a wait that was stored under a clock far ahead ends in time") {
  core::Snapshot snapshot;
  snapshot.submissions.resize(1);
  snapshot.submissions[0].retry.backoff_max_us = 600;
  snapshot.jobs.resize(2);
  snapshot.jobs[0].status.ready_at = 1'000'000;
  snapshot.jobs[1].status.ready_at = 50;
  bound_waits(snapshot, 100);
  CHECK(snapshot.jobs[0].status.ready_at == 700);
  CHECK(snapshot.jobs[1].status.ready_at == 50);
}

TEST_CASE("a query has a bound of memory, and of time while its reader is slow") {
  const test::Scratch scratch;
  const std::string path = filled_database(scratch);
  const auto database = ReadOnlyDatabase::open(path).value();
  CHECK_FALSE(database.query_table("SELECT length(hex(zeroblob(450000000)))").is_ok());
  ReadOnlyDatabase::Visitor visitor;
  visitor.on_columns = [](const std::vector<std::string>&) { return Status::ok(); };
  visitor.on_row = [](Row) {
    ::usleep(20'000);
    return Status::ok();
  };
  CHECK(database.query("SELECT * FROM jobs", {}, {.max_seconds = 0.1}, visitor).code() ==
        StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace cox::store
