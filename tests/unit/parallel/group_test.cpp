#include <ATen/ops/equal.h>

#include <catch2/catch.hpp>

#include <chrono>

#include "engine/tensors/error.h"
#include "parts.h"
#include "tests/support/torch_catch.h"

using namespace cox::engine;
using namespace cox::engine::test;
using Catch::Matchers::Contains;

namespace {

constexpr int kSizes[] = {1, 2, 4, 8};

/// [parts, 3]: what part `rank` sends to each part.
at::Tensor letter(int rank, int parts) {
  return at::arange(parts * 3, at::kFloat).view({parts, 3}) + 1000 * rank;
}

}  // namespace

TEST_CASE("all-to-all brings each part what every part sent to it") {
  for (const int parts : kSizes) {
    const auto received = on_group<at::Tensor>(
        parts, [&](Group& group) { return group.all_to_all(letter(group.rank(), group.size())); });
    for (int to = 0; to < parts; ++to) {
      for (int from = 0; from < parts; ++from) {
        CHECK(at::equal(received[static_cast<size_t>(to)][from], letter(from, parts)[to]));
      }
    }
  }
}

TEST_CASE("all-gather and sum leave every part with the same") {
  for (const int parts : kSizes) {
    const auto gathered = on_group<at::Tensor>(parts, [&](Group& group) {
      return group.all_gather(at::full({2}, group.rank(), at::kFloat));
    });
    const auto summed = on_group<at::Tensor>(parts, [&](Group& group) {
      const at::Tensor x = at::full({2}, group.rank() + 1, at::kFloat);
      group.sum(x);
      return x;
    });
    for (size_t rank = 0; rank < static_cast<size_t>(parts); ++rank) {
      CHECK(at::equal(gathered[rank],
                      at::arange(parts, at::kFloat).view({parts, 1}).expand({parts, 2})));
      CHECK(at::equal(summed[rank], at::full({2}, parts * (parts + 1) / 2, at::kFloat)));
    }
  }
}

TEST_CASE("sum-scatter leaves each part with its row of the sum") {
  for (const int parts : kSizes) {
    const auto received = on_group<at::Tensor>(
        parts, [&](Group& group) { return group.sum_scatter(letter(group.rank(), group.size())); });
    for (int rank = 0; rank < parts; ++rank) {
      const double others = 1000.0 * parts * (parts - 1) / 2;
      CHECK(
          at::equal(received[static_cast<size_t>(rank)], letter(0, parts)[rank] * parts + others));
    }
  }
}

TEST_CASE("what a call was given may be changed as soon as it returns") {
  constexpr int64_t kLarge = 200'000;  // long enough to read for the others to be ahead
  const auto wrong = on_group<int>(4, [](Group& group) {
    int count = 0;
    const at::Tensor x = at::empty({kLarge}), rows = at::empty({4, kLarge});
    for (int round = 0; round < 20; ++round) {
      x.fill_(round);
      count += at::equal(group.all_gather(x), at::full({4, kLarge}, round, at::kFloat)) ? 0 : 1;
      x.fill_(-1);
      rows.fill_(round);
      const at::Tensor sent = group.all_to_all(rows);
      rows.fill_(-1);
      count += at::equal(sent, at::full({4, kLarge}, round, at::kFloat)) ? 0 : 1;
      rows.fill_(round);
      const at::Tensor sum = group.sum_scatter(rows);
      rows.fill_(-1);
      count += at::equal(sum, at::full({kLarge}, 4 * round, at::kFloat)) ? 0 : 1;
    }
    return count;
  });
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("many calls in sequence stay in step") {
  const auto totals = on_group<double>(4, [](Group& group) {
    const at::Tensor total = at::zeros({1});
    for (int round = 0; round < 500; ++round) {
      const at::Tensor x = at::full({1}, group.rank() * 500 + round, at::kFloat);
      group.sum(x);
      total.add_(x);
    }
    return total.item<double>();
  });
  // Over ranks r and rounds k: 500 r + k.
  for (const double total : totals) CHECK(total == 500.0 * 500 * 6 + 4 * 499 * 500 / 2.0);
}

TEST_CASE("a part that fails ends the calls of the others, and its own error is reported") {
  const auto groups = make_thread_groups(3);
  std::vector<std::string> errors(3);
  PartThreads threads(3);
  threads.run([&](int rank) {
    Group& group = *groups[static_cast<size_t>(rank)];
    if (rank == 2) return group.abort();
    try {
      group.all_gather(at::zeros({1}));
    } catch (const EngineError& error) {
      errors[static_cast<size_t>(rank)] = error.what();
    }
  });
  CHECK_THAT(errors[0], Contains("one of 3 parts failed"));
  CHECK_THAT(errors[1], Contains("one of 3 parts failed"));
}

TEST_CASE("a part that does not arrive is waited for no longer than the bound") {
  const auto groups = make_thread_groups(2, std::chrono::seconds(1));
  CHECK_THROWS_WITH(groups[0]->sum(at::zeros({1})), Contains("did not arrive within 1 s"));
  CHECK_THROWS_WITH(groups[1]->sum(at::zeros({1})), Contains("did not arrive within 1 s"));
}

TEST_CASE("part threads run every rank, again and again, the first on the caller's thread") {
  PartThreads threads(4);
  const auto caller = std::this_thread::get_id();
  for (int round = 0; round < 50; ++round) {
    std::vector<int> seen(4, 0);
    std::vector<int> on_caller(4, 0);  // Catch's assertions are for one thread
    threads.run([&](int rank) {
      ++seen[static_cast<size_t>(rank)];
      on_caller[static_cast<size_t>(rank)] = std::this_thread::get_id() == caller ? 1 : 0;
    });
    CHECK(seen == std::vector<int>(4, 1));
    CHECK(on_caller == std::vector<int>{1, 0, 0, 0});
  }
}
