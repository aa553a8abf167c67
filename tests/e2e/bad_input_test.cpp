#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

/// The tiny sweep with one part replaced, in a file of its own.
std::string sweep_with(const std::string& part, const std::string& other) {
  static int number = 0;
  std::string text = StudyFixture::get().sweep_text();
  const size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  text.replace(at, part.size(), other);
  const std::string path = StudyFixture::get() / ("bad" + std::to_string(number++) + ".yaml");
  write_text(path, text);
  return path;
}

struct BadInput {
  const char* what;
  std::string part;
  std::string other;
  int exit_code;
  std::vector<std::string> said;  ///< on standard error
};

void check(const Ended& ended, int exit_code, const std::vector<std::string>& said) {
  INFO(ended.all());
  CHECK(ended.exit_code == exit_code);
  CHECK(ended.out.empty());
  for (const std::string& text : said) CHECK_THAT(ended.err, Contains(text));
}

/// Adds a tensor of one number to a safetensors file: its header is JSON behind eight bytes of
/// size.
void add_tensor(const std::string& path, const std::string& name) {
  const std::string bytes = file_text(path);
  std::uint64_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  auto header = nlohmann::json::parse(bytes.substr(sizeof size, size));
  const std::string data = bytes.substr(sizeof size + size);
  header[name] = {
      {"dtype", "F32"}, {"shape", {1}}, {"data_offsets", {data.size(), data.size() + 4}}};
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  size = text.size();
  write_text(path, std::string(reinterpret_cast<const char*>(&size), sizeof size) + text + data +
                       std::string(4, '\0'));
}

}  // namespace

TEST_CASE("a bad sweep file gives one clear message and exit code 2 or 3, and no work starts") {
  const std::vector<BadInput> table = {
      {"unknown key",
       "inference_steps:",
       "inference_step:",
       2,
       {":14:3", "inference_step", "inference_steps", "^"}},
      {"wrong type", "height: 48", "height: tall", 2, {":9:11", "height", "tall"}},
      {"impossible frames",
       "total_frames: 9",
       "total_frames: 5",
       2,
       {"total_frames", "cond_frames"}},
      {"indivisible size", "height: 48", "height: 50", 2, {"50", "multiple of 16", "48"}},
      {"unknown method", "method: full", "method: ful", 2, {"ful", "full"}},
      {"too few frames",
       "gen_start_frame: 17",
       "gen_start_frame: 99",
       2,
       {"103 source frames", "ball_in_the_sky (48)"}},
      {"missing model", "model: model", "model: nowhere", 3, {"nowhere"}},
      {"missing manifest", "clips.json", "lost.json", 3, {"lost.json", "cox dataset index"}},
      {"unknown video", "stars_at_dusk", "stars_at_dawn", 2, {"stars_at_dawn", "stars_at_dusk"}},
      {"not YAML", "runs:", "runs: [", 2, {".yaml:"}},
  };
  for (const BadInput& bad : table) {
    INFO(bad.what);
    const TemporaryDirectory folder;
    const std::string sweep = sweep_with(bad.part, bad.other);
    check(run_cox({"validate", sweep}), bad.exit_code, bad.said);
    check(run_cox({"run", sweep, "--out", folder / "out"}), bad.exit_code, bad.said);
    CHECK_FALSE(fs::exists(folder / "out"));
  }
}

TEST_CASE("damaged weights fail every job with the file's name, and the exit code is 1") {
  const TemporaryDirectory folder;
  fs::copy(StudyFixture::get() / "model", folder / "model", fs::copy_options::recursive);
  for (const auto& entry : fs::directory_iterator(folder / "model/dit")) {
    if (entry.path().extension() == ".safetensors") {
      fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
    }
  }
  const Ended ended = run_cox({"run", StudyFixture::get().sweep(), "--out", folder / "out", "--set",
                               "backbone.model=" + folder / "model"});
  INFO(ended.all());
  CHECK(ended.exit_code == 1);
  CHECK_THAT(ended.err, Contains("safetensors") && Contains("(user)"));
  CHECK(sql_number(folder / "out/cox.db", "SELECT count(*) FROM v_results") == 0);
}

TEST_CASE("a tensor that the model has no place for fails every job with its name") {
  const TemporaryDirectory folder;
  fs::copy(StudyFixture::get() / "model", folder / "model", fs::copy_options::recursive);
  for (const auto& entry : fs::directory_iterator(folder / "model/dit")) {
    if (entry.path().extension() == ".safetensors") add_tensor(entry.path(), "surplus.weight");
  }
  const Ended ended = run_cox({"run", StudyFixture::get().sweep(), "--out", folder / "out", "--set",
                               "backbone.model=" + folder / "model"});
  INFO(ended.all());
  CHECK(ended.exit_code == 1);
  CHECK_THAT(ended.err, Contains("surplus.weight") && Contains("(user)"));
  CHECK(sql_number(folder / "out/cox.db", "SELECT count(*) FROM v_results") == 0);
}

TEST_CASE("wrong usage is one message, how to find help, and exit code 2") {
  check(run_cox({}), 2, {"subcommand is required", "'cox -h'"});
  check(run_cox({"reslts"}), 2, {"unknown command 'reslts'; did you mean 'results'?"});
  check(run_cox({"run"}), 2, {"SPEC is required", "'cox run -h'"});
  check(run_cox({"run", "x.yaml", "--workers", "none"}), 2, {"--workers"});
  check(run_cox({"run", "x.yaml", "--device", "tpu"}), 2, {"unknown device 'tpu'"});
  check(run_cox({"results", "--format", "xml"}), 2, {"--format", "xml"});
  check(run_cox({"cancel"}), 2, {"which jobs?"});
  check(run_cox({"status", "--db", "a", "--coordinator", "b:1"}), 2, {"are mutually exclusive"});
}

TEST_CASE("two files of one series are refused by every command before anything begins") {
  const TemporaryDirectory folder;
  const std::string first = StudyFixture::get().sweep();
  const std::string second = StudyFixture::get() / "second.yaml";
  write_text(second, StudyFixture::get().sweep_text());
  const std::vector<std::string> said = {first + " and " + second + " are both series 'tiny'"};
  check(run_cox({"run", first, second, "--out", folder / "out"}), 2, said);
  CHECK_FALSE(fs::exists(folder / "out"));
  check(run_cox({"plan", first, second}), 2, said);
  check(run_cox({"submit", first, second, "--coordinator", "127.0.0.1:1"}), 2, said);
  const Ended validated = run_cox({"validate", first, second, "--json"});
  CHECK(validated.exit_code == 2);
  CHECK_THAT(validated.err, Contains(said.front()));
  CHECK_THAT(validated.out, Contains(first) && !Contains(second));
}

TEST_CASE("dataset index rejects invalid options immediately, with exit code 2") {
  const TemporaryDirectory folder;
  const std::string clips = StudyFixture::get() / "clips";
  check(run_cox({"dataset", "index", clips, "--layout", "folder", "-o", folder.path()}), 2,
        {folder.path() + " is a directory", folder / "clips.json"});
  check(run_cox({"dataset", "index", clips, "--layout", "folder", "--desirable-only", "-o",
                 folder / "clips.json"}),
        2, {"layout folder does not use --desirable-only (of panda70m)"});
  write_text(folder / "file", "");
  check(run_cox({"dataset", "index", clips, "--layout", "folder", "-o", folder / "file/a.json"}), 2,
        {folder / "file"});
}

TEST_CASE("dataset index without a usable video is exit code 1 and leaves the old manifest") {
  const TemporaryDirectory folder;
  std::filesystem::create_directory(folder / "clips");
  write_text(folder / "clips/broken.mp4", "no video");
  write_text(folder / "clips.json", "old");
  const Ended ended = run_cox(
      {"dataset", "index", folder / "clips", "--layout", "folder", "-o", folder / "clips.json"});
  INFO(ended.all());
  CHECK(ended.exit_code == 1);
  CHECK_THAT(ended.out, Contains("broken") && Contains("corrupt_container"));
  CHECK_THAT(ended.err, Contains("no usable video in '" + folder.path() + "/clips', 1 left out"));
  CHECK(std::filesystem::file_size(folder / "clips.json") == 3);
}

TEST_CASE("what does not exist is exit code 3") {
  check(run_cox({"validate", "nowhere.yaml"}), 3, {"nowhere.yaml"});
  check(run_cox({"status", "--db", "nowhere.db"}), 3, {"nowhere.db"});
}

TEST_CASE("no coordinator at the address is exit code 4 with what to start") {
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  for (const std::string command : {"status", "watch", "results"}) {
    check(run_cox({command, "--coordinator", address}), 4,
          {"no coordinator answers at " + address, "cox coordinator"});
  }
  check(run_cox({"submit", StudyFixture::get().sweep(), "--coordinator", address}), 4, {address});
}

TEST_CASE(
    "a port in use, a database in use and a foreign database keep a coordinator from starting") {
  const TemporaryDirectory folder;
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  Running first(cox_command({"coordinator", "--db", folder / "a.db", "--listen", address}),
                clean());
  REQUIRE(first.wait_for_err("listens on"));
  check(run_cox({"coordinator", "--db", folder / "b.db", "--listen", address}), 2, {address});
  check(run_cox({"coordinator", "--db", folder / "a.db", "--listen", "127.0.0.1:0"}), 2, {"a.db"});

  write_text(folder / "text.db", "This is no database, and long enough to be sure of it.\n");
  check(run_cox({"coordinator", "--db", folder / "text.db", "--listen", "127.0.0.1:0"}), 2,
        {"text.db"});
  check(run_cox({"status", "--db", folder / "text.db"}), 2, {"text.db"});
}

TEST_CASE("a second cox run over the same database fails immediately and names the holder") {
  const TemporaryDirectory folder;
  const std::vector<std::string> arguments = {"run", StudyFixture::get().sweep(), "--out",
                                              folder.path()};
  Running first(cox_command(arguments), clean());
  REQUIRE(first.wait_for_err(" of 12 jobs"));
  const Ended second = run_cox(arguments);
  check(second, 2, {"cox.db", "process " + std::to_string(first.pid())});
  CHECK(second.seconds < 10);
  const Ended ended = first.wait();
  INFO(ended.all());
  CHECK(ended.exit_code == 0);
  CHECK(sql_number(folder / "cox.db", "SELECT count(*) FROM v_attempts WHERE attempt > 1") == 0);
}

TEST_CASE("a worker without a coordinator gives up after --max-away with exit code 4") {
  const TemporaryDirectory folder;
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  const Ended ended = run({program("cox-worker"), "--coordinator", address, "--out", folder.path(),
                           "--device", "cpu", "--max-away", "0.5"},
                          clean());
  check(ended, 4, {address});
}

TEST_CASE("a database of a newer version is refused by readers and writers, and left as it is") {
  const TemporaryDirectory folder;
  const std::string database = folder / "cox.db";
  {
    Running coordinator(cox_command({"coordinator", "--db", database, "--listen", "127.0.0.1:0"}),
                        clean());
    REQUIRE(coordinator.wait_for_err("listens on"));
    coordinator.send(SIGTERM);
    REQUIRE(coordinator.wait().exit_code == 0);
  }
  // PRAGMA user_version is the big-endian number at byte 60 of the file.
  std::string bytes = file_text(database);
  bytes[62] = 3;
  write_text(database, bytes);
  check(run_cox({"status", "--db", database}), 2, {"version"});
  check(run_cox({"coordinator", "--db", database, "--listen", "127.0.0.1:0"}), 2, {"version"});
  CHECK(file_text(database) == bytes);
}
