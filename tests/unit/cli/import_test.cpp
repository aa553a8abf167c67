#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "cli/commands.h"
#include "tests/support/temporary_directory.h"

using namespace cox;
using namespace cox::cli;

namespace {

struct Imported {
  Status status;
  std::string out;
};

/// Runs `cox import` with these arguments.
Imported import(const std::vector<std::string>& arguments) {
  CLI::App app;
  const CommandPtr command = make_import();
  command->declare(app);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  for (const char* part : {"model", "--model", "clips.json", "--manifest"}) {
    reversed.emplace_back(part);
  }
  app.parse(reversed);
  std::ostringstream out;
  std::ostringstream err;
  Session session{out, err, {}, {}, {}};
  const Result<ExitCode> code = command->run(session);
  return {code.status(), out.str()};
}

std::string old_sweep(const std::string& series) {
  return "method: delta_c\nseries_name: " + series + "\nsweep: [{run_id: A, delta_lr: 1.0e-2}]\n";
}

}  // namespace

TEST_CASE("one imported sweep is printed, several are written to a folder") {
  const test::TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "a.yaml", old_sweep("first")).is_ok());
  REQUIRE(write_file_atomically(directory / "b.yaml", old_sweep("second")).is_ok());
  const std::string a = directory / "a.yaml";
  const std::string b = directory / "b.yaml";
  const std::string folder = directory / "new";

  const Imported one = import({a});
  CHECK(one.status.is_ok());
  CHECK(one.out.find("# Imported from a.yaml with `cox import`.\nversion: 1\n") == 0);
  const std::string manifest = std::filesystem::absolute("clips.json").string();
  CHECK(one.out.find("manifest: \"" + manifest + "\"") != std::string::npos);

  CHECK(import({a, b}).status.message() ==
        "2 sweeps were read; name a folder for them with -o DIR");
  CHECK(import({a, b, "-o", folder}).status.is_ok());
  CHECK(read_file(folder + "/first.yaml").value() == one.out);
  CHECK(read_file(folder + "/second.yaml").is_ok());

  CHECK(import({a, "-o", folder}).status.message() ==
        "'" + folder + "/first.yaml' exists; remove it, or name another folder");
}

TEST_CASE("nothing is written if a file is invalid or two files are the same series") {
  const test::TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory / "a.yaml", old_sweep("same")).is_ok());
  REQUIRE(write_file_atomically(directory / "b.yaml", old_sweep("same")).is_ok());
  REQUIRE(write_file_atomically(directory / "c.yaml", "method: x\n").is_ok());
  const std::string folder = directory / "new";
  const std::string a = directory / "a.yaml";
  const std::string b = directory / "b.yaml";
  CHECK(import({a, b, "-o", folder}).status.message() ==
        a + " and " + b + " are both series 'same'; rename one");
  CHECK(import({a, directory / "c.yaml", "-o", folder}).status.code() ==
        StatusCode::kInvalidArgument);
  CHECK_FALSE(std::filesystem::exists(folder));
}
