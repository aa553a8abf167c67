// Prompts as items through the programs: indexed, planned, generated, scored and reported.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;
using Catch::Matchers::Contains;

namespace {

/// A folder with a random Wan2.1 model and two lists of prompts.
class PromptFixture {
 public:
  static const PromptFixture& get() {
    static const PromptFixture fixture;
    return fixture;
  }
  std::string operator/(const std::string& name) const { return folder_ / name; }
  const std::string& folder() const { return folder_.path(); }

  /// Writes the sweep and runs a command on it.
  Ended cox(const std::string& command, const std::string& runs, const std::string& manifest,
            const std::vector<std::string>& more = {}) const {
    const std::string sweep = folder_ / "sweep.yaml";
    write_text(sweep, "version: 1\nseries: {name: words}\ndataset: {manifest: " + manifest +
                          "}\nbackbone: {name: wan2.1, model: model}\n"
                          "params: {height: 48, width: 80, total_frames: 9, inference_steps: 2,"
                          " dtype: fp32}\nruns:\n" +
                          runs);
    std::vector<std::string> arguments = {command, sweep};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_cox(arguments);
  }

 private:
  PromptFixture() {
    const Ended made =
        run({program("cox-engine"), "init-model", folder_ / "model", "--preset", "wan2.1-tiny"},
            clean());
    INFO(made.all());
    REQUIRE(made.exit_code == 0);
    write_text(folder_ / "prompts.txt", "a red ball on the grass\na boat at night\n");
    write_text(folder_ / "vbench.json",
               R"([{"prompt_en": "a red ball on the grass", "dimension": ["color"]},
                   {"prompt_en": "a boat at night",
                    "dimension": ["scene", "temporal_flickering"]}])");
    index("prompts.txt", "prompts", "words.json");
    index("vbench.json", "vbench", "suite.json");
  }
  void index(const std::string& list, const std::string& layout, const std::string& to) const {
    const Ended ended =
        run_cox({"dataset", "index", folder_ / list, "--layout", layout, "-o", folder_ / to});
    INFO(ended.all());
    REQUIRE(ended.exit_code == 0);
    CHECK_THAT(ended.all(), Contains("2 prompts"));
  }

  TemporaryDirectory folder_;
};

}  // namespace

TEST_CASE("a list of prompts is generated, measured and reported without a reference") {
  const PromptFixture& fixture = PromptFixture::get();
  const std::string out = fixture / "out", database = fixture / "out/cox.db";
  const Ended ended = fixture.cox("run",
                                  "  - {id: none, method: none, task: text_to_video}\n"
                                  "  - {id: stas, method: stas, task: text_to_video,"
                                  " steps_fraction: 1.0, alpha: 2.0}\n",
                                  "suite.json", {"--out", out});
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);
  CHECK(sql_number(database,
                   "SELECT count(*) FROM v_results WHERE item_kind = 'prompt' AND psnr IS NULL"
                   " AND temporal_flickering > 0 AND frame_difference > 0 AND scored_frames = 9"
                   " AND reference_path = '' AND reference_digest = ''") == 4);
  CHECK(sql(database, "SELECT DISTINCT dimensions FROM v_results WHERE item LIKE 'a-boat%'") ==
        "\"scene, temporal_flickering\"\n");
  CHECK(sql(database, "SELECT DISTINCT prompt FROM v_jobs WHERE item LIKE 'a-red%'") ==
        "a red ball on the grass\n");
  const std::vector<std::string> at = {"--db", database};
  const auto shown = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), at.begin(), at.end());
    const Ended answer = run_cox(arguments);
    INFO(answer.all());
    CHECK(answer.exit_code == 0);
    CHECK(answer.all().find("PSNR") == std::string::npos);
    return answer.out;
  };
  CHECK_THAT(shown({"results", "words"}), Contains("temporal_flickering") || Contains("flicker"));
  CHECK_THAT(shown({"report", "words", "--baseline", "none"}),
             Contains("Temporal flickering") || Contains("temporal_flickering"));
  CHECK_THAT(shown({"compare", "words/none", "words/stas"}), Contains("temporal_flickering"));
  // The items are called what they are.
  CHECK_THAT(ended.out, Contains("prompts") && !Contains("videos  "));
  CHECK_THAT(shown({"results", "words"}), Contains("done  prompts  failed"));
  CHECK_THAT(shown({"results", "words", "--format", "csv"}), Contains("run,done,videos,failed"));
  CHECK_THAT(shown({"show", "words/none"}), Contains("(mean over 2 prompts)"));
  CHECK_THAT(shown({"compare", "words/none", "words/stas"}),
             Contains("on 2 of 2 prompts") && Contains("too few prompts to tell"));
  CHECK_THAT(shown({"compare", "words/none", "words/stas", "--items"}),
             Contains("run         prompt"));
  CHECK_THAT(shown({"report", "words", "--baseline", "none"}),
             Contains("| run | prompts |") && Contains("each stage of a prompt") &&
                 Contains("the prompts that both runs finished") && Contains("vbench, 2 prompts") &&
                 Contains("the intervals cover other prompts") && !Contains("video"));
  // Nothing runs twice.
  const Ended again = fixture.cox("run", "  - {id: none, method: none, task: text_to_video}\n",
                                  "suite.json", {"--out", out});
  INFO(again.all());
  CHECK(again.exit_code == 0);
  CHECK(sql_number(database, "SELECT count(*) FROM v_attempts") == 4);
}

TEST_CASE("cox-engine generate makes of one prompt what the sweep makes of it") {
  const PromptFixture& fixture = PromptFixture::get();
  const std::string out = fixture / "engine", plan = fixture / "plan.json";
  const std::string runs = "  - {id: none, method: none, task: text_to_video}\n";
  REQUIRE(fixture.cox("run", runs, "words.json", {"--out", out}).exit_code == 0);
  const Ended planned = fixture.cox("plan", runs, "words.json", {"--json"});
  REQUIRE(planned.exit_code == 0);
  write_text(plan, planned.out);
  const auto engine = [&](const std::string& verb, std::vector<std::string> more) {
    more.insert(more.begin(),
                {program("cox-engine"), verb, "--model", fixture / "model", "--params", plan});
    return run(more, clean());
  };
  const std::string id =
      sql(out + "/cox.db", "SELECT item FROM v_results WHERE item LIKE 'a-boat%'");
  const double swept = std::stod(
      sql(out + "/cox.db", "SELECT temporal_flickering FROM v_results WHERE item LIKE 'a-boat%'"));
  for (const std::vector<std::string>& item : std::vector<std::vector<std::string>>{
           {"--prompt", "a boat at night"}, {"--item", id.substr(0, id.find('\n'))}}) {
    std::vector<std::string> arguments = {"--out", fixture / "one"};
    arguments.insert(arguments.end(), item.begin(), item.end());
    const Ended ended = engine("generate", arguments);
    INFO(ended.all());
    REQUIRE(ended.exit_code == 0);
    const auto made = nlohmann::json::parse(ended.out);
    CHECK(made["metrics"]["temporal_flickering"]["mean"].get<double>() == Approx(swept));
  }
  CHECK(engine("activations", {"--prompt", "a cat", "--output", fixture / "a.json"}).exit_code ==
        0);
  const auto refusal = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"--out", fixture / "one"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended ended = engine("generate", arguments);
    INFO(ended.all());
    CHECK(ended.exit_code == 2);
    return ended.err;
  };
  CHECK_THAT(refusal({}), Contains("missing --prompt or --item: task text_to_video"));
  CHECK_THAT(refusal({"--prompt", ""}), Contains("missing --prompt or --item"));
  CHECK_THAT(refusal({"--item", "a-dog"}), Contains("--item: expected one of a-red-ball"));
  CHECK_THAT(refusal({"--video", plan, "--prompt", "a cat"}),
             Contains("--video: task text_to_video does not read a video"));
  CHECK_THAT(refusal({"--set", "task=continue", "--prompt", "a cat"}),
             Contains("missing --video or --item: task continue"));
  CHECK_THAT(refusal({"--set", "task=continue", "--item", id.substr(0, id.find('\n'))}),
             Contains("task continue needs a video, and item a-boat"));
}

TEST_CASE("cox vbench computes each dimension from the items that test it") {
  const PromptFixture& fixture = PromptFixture::get();
  const std::string out = fixture / "dimensions", database = out + "/cox.db";
  const Ended ended = fixture.cox("run", "  - {id: none, method: none, task: text_to_video}\n",
                                  "suite.json", {"--out", out});
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);
  const Ended table = run_cox({"vbench", "words/none", "--format", "csv", "--db", database});
  INFO(table.all());
  CHECK(table.exit_code == 0);
  // 100 times the value of the only item that is for the dimension.
  const std::string value = sql(database,
                                "SELECT printf('%.6f', 100 * temporal_flickering) FROM v_results"
                                " WHERE dimensions LIKE '%temporal_flickering%'");
  CHECK_THAT(table.out, Contains(value.substr(0, 7)));
}

TEST_CASE("what a list of prompts cannot serve is refused before anything runs") {
  const PromptFixture& fixture = PromptFixture::get();
  const auto refusal = [&](const std::string& run) {
    const Ended ended =
        fixture.cox("run", "  - {id: a, " + run + "}\n", "words.json", {"--out", fixture / "none"});
    INFO(ended.all());
    CHECK(ended.exit_code != 0);
    return ended.err;
  };
  CHECK_THAT(refusal("method: none, cond_frames: 5"),
             Contains("task continue needs a video, and the item is a prompt"));
  CHECK_THAT(refusal("method: adasteer, task: text_to_video"),
             Contains("method 'adasteer' trains on frames"));
  CHECK_THAT(refusal("method: none, task: text_to_video, metrics: [psnr]"),
             Contains("psnr compares with true frames"));
  CHECK_THAT(refusal("method: none, task: image_to_video"),
             Contains("task image_to_video cannot run on Wan2.1"));
  write_text(fixture / "bad.txt", "a\n\na\n");
  const Ended index = run_cox(
      {"dataset", "index", fixture / "bad.txt", "--layout", "prompts", "-o", fixture / "bad.json"});
  CHECK(index.exit_code != 0);
  CHECK_THAT(index.err, Contains("line 2 is empty, line 3 repeats line 1"));
}
