#include "cli/row_selection.h"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

using namespace cox;
using namespace cox::cli;

namespace {

/// Four runs: two of lora, with a rank, and two without.
SelectableRows runs() {
  SelectableRows rows;
  rows.shown = {{"run", "done", "psnr"},
                {{"none", std::int64_t{3}, 20.0},
                 {"lora-4", std::int64_t{3}, 21.5},
                 {"lora-8", std::int64_t{2}, 21.0},
                 {"full", std::int64_t{0}, Cell()}}};
  rows.keys = {"run"};
  rows.names = {"method", "lr", "rank", "early_stop.enabled"};
  rows.value = [](std::size_t row, const std::string& name) -> std::optional<Value> {
    const bool is_lora = row == 1 || row == 2;
    if (name == "method") return Value(row == 0 ? "none" : is_lora ? "lora" : "full");
    if (name == "lr") return row == 0 ? std::nullopt : std::optional(Value(row * 1e-3));
    if (name == "rank" && is_lora) return Value(row == 1 ? 4 : 8);
    if (name == "early_stop.enabled") return Value(row != 3);
    return std::nullopt;
  };
  return rows;
}

struct Selected {
  Result<Table> table;
  std::vector<std::string> notes;

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Row& row : table.value().rows) names.push_back(std::get<std::string>(row[0]));
    return names;
  }
};

Selected select(const std::vector<std::string>& arguments) {
  CLI::App app;
  RowSelection selection;
  selection.declare(app);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  app.parse(reversed);
  Selected selected{Table{}, {}};
  selected.table = selection.apply(runs(), selected.notes);
  return selected;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("--where accepts parameters, metrics and counts") {
  CHECK(select({"--where", "psnr > 20.5"}).names() == Names{"lora-4", "lora-8"});
  CHECK(select({"--where", "lr < 2e-3 && method == 'lora'"}).names() == Names{"lora-4"});
  CHECK(select({"--where", "early_stop.enabled"}).names() == Names{"none", "lora-4", "lora-8"});
  CHECK(select({"--where", "done == 3"}).names() == Names{"none", "lora-4"});
  CHECK(select({"--where", "run != 'none'"}).names() == Names{"lora-4", "lora-8", "full"});
}

TEST_CASE("a row without a value is omitted and reported, unless the rest decides") {
  const Selected ranks = select({"--where", "rank > 4"});
  CHECK(ranks.names() == Names{"lora-8"});
  REQUIRE(ranks.notes.size() == 1);
  CHECK_THAT(ranks.notes[0], Catch::StartsWith("2 rows left out"));
  const Selected either = select({"--where", "rank > 4 || method == 'none'"});
  CHECK(either.names() == Names{"none", "lora-8"});
  CHECK_THAT(either.notes.at(0), Catch::StartsWith("1 row left out"));
  CHECK(select({"--where", "method == 'lora' && rank > 4"}).notes.empty());
}

TEST_CASE("--sort goes up or down, keeps ties, and puts what has no value last") {
  CHECK(select({"--sort", "psnr"}).names() == Names{"none", "lora-8", "lora-4", "full"});
  CHECK(select({"--sort", "-psnr"}).names() == Names{"lora-4", "lora-8", "none", "full"});
  CHECK(select({"--sort", "-done,-psnr"}).names() == Names{"lora-4", "none", "lora-8", "full"});
  CHECK(select({"--sort", "method"}).names() == Names{"full", "lora-4", "lora-8", "none"});
  CHECK(select({"--sort", "-rank"}).names() == Names{"lora-8", "lora-4", "none", "full"});
}

TEST_CASE("--columns chooses, and what selects is shown without it") {
  CHECK(select({"--columns", "rank, psnr"}).table->columns == Names{"run", "rank", "psnr"});
  CHECK(select({"--columns", "run,lr,run"}).table->columns == Names{"run", "lr"});
  const Table shown = *select({"--where", "lr >= 2e-3", "--sort", "-psnr"}).table;
  CHECK(shown.columns == Names{"run", "lr", "done", "psnr"});
  CHECK(shown.rows == std::vector<Row>{{"lora-8", 2e-3, std::int64_t{2}, 21.0},
                                       {"full", 3e-3, std::int64_t{0}, Cell()}});
  CHECK(select({"--columns", "early_stop.enabled"}).table->rows[3][1] == Cell("false"));
}

TEST_CASE("--limit tells what it cuts") {
  const Selected best = select({"--sort", "-psnr", "--limit", "1"});
  CHECK(best.names() == Names{"lora-4"});
  CHECK(best.notes == Names{"the first 1 of 4 rows"});
  CHECK(select({"--limit", "9"}).notes.empty());
}

TEST_CASE("each wrong selection has one clear answer") {
  const auto message = [](const std::vector<std::string>& arguments) {
    const Status status = select(arguments).table.status();
    CHECK(status.code() == StatusCode::kInvalidArgument);
    return status.message();
  };
  CHECK(message({"--where", "psrn > 20"}) ==
        "--where: unknown column 'psrn'; did you mean 'psnr'?");
  CHECK(message({"--sort", "-rnk"}) == "--sort: unknown column 'rnk'; did you mean 'rank'?");
  CHECK_THAT(message({"--columns", "psnr,zzzzzz"}),
             Catch::StartsWith("--columns: unknown column 'zzzzzz'; known are run, done, psnr"));
  CHECK_THAT(message({"--columns", "psnr,,lr"}), Catch::Contains("separated by commas"));
  CHECK_THAT(message({"--sort", "-"}), Catch::Contains("--sort"));
  CHECK_THAT(message({"--where", "psnr > "}), Catch::StartsWith("--where: "));
  CHECK_THAT(message({"--where", "psnr + 1"}), Catch::Contains("expected a condition"));
  CHECK_THAT(message({"--where", "method > 3"}), Catch::Contains("expected a number"));
  CHECK_THAT(message({"--where", "method = 'lora'"}), Catch::StartsWith("--where: "));
}
