// The distilled way of sampling: its noise levels, and LoRA files beside the weights.
#include <catch2/catch.hpp>
#include <cstring>
#include <set>

#include "tests/e2e/study_fixture.h"

using namespace cox::test;

namespace {

constexpr std::size_t kHidden = 128, kRank = 2;  // of the fixture's model; of the files

/// A safetensors file of fp32 tensors that are one number all over.
class ConstantTensors {
 public:
  void add(const std::string& name, const std::string& shape, std::size_t count, float value) {
    const std::size_t begin = data_.size();
    data_.resize(begin + count * sizeof value);
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(data_.data() + begin + i * sizeof value, &value, sizeof value);
    }
    header_ += (header_.empty() ? "{" : ",") + ("\"" + name) + R"(":{"dtype":"F32","shape":)" +
               shape + R"(,"data_offsets":[)" + std::to_string(begin) + "," +
               std::to_string(data_.size()) + "]}";
  }

  void write(const std::string& path) const {
    const std::string header = header_ + "}";
    const std::uint64_t size = header.size();
    std::string file(sizeof size, '\0');
    std::memcpy(file.data(), &size, sizeof size);
    write_text(path, file + header + data_);
  }

 private:
  std::string header_;
  std::string data_;
};

/// A file of the published layout that adapts one layer.
void write_lora(const std::string& path, int block, float strength) {
  const std::string key = "lora___lorahyphen___blocks___lorahyphen___" + std::to_string(block) +
                          "___lorahyphen___attn___lorahyphen___proj";
  ConstantTensors tensors;
  tensors.add(key + ".lora_down.weight", "[2,128]", kRank * kHidden, strength);
  tensors.add(key + ".lora_up.weight", "[128,2]", kHidden * kRank, strength);
  tensors.add(key + ".alpha_scale", "[]", 1, 0.5F);
  tensors.write(path);
}

}  // namespace

TEST_CASE("a distilled sweep with LoRA files runs, differs from others, and is not run again") {
  const TemporaryDirectory folder;
  write_lora(folder / "step.safetensors", 0, 0.3F);
  write_lora(folder / "look.safetensors", 1, 0.3F);
  const auto loras = [&](const std::string& multiplier) {
    return "backbone.lora=[" + folder / "step.safetensors" +
           ", {file: " + folder / "look.safetensors" + ", multiplier: " + multiplier + "}]";
  };
  const auto run_as = [&](const std::string& series, const std::vector<std::string>& settings) {
    std::vector<std::string> arguments = {
        "run",   StudyFixture::get().sweep(), "--out", folder.path(),
        "--set", "series.name=" + series,     "--set", "guidance=1",
        "--set", "inference_steps=4"};
    for (const std::string& setting : settings) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    const Ended ended = run_cox(arguments);
    INFO(ended.all());
    CHECK(ended.exit_code == 0);
    return ended.all();
  };
  run_as("plain", {});
  run_as("distilled", {"distill=true"});
  run_as("step", {"distill=true", loras("0.5")});
  run_as("stronger", {"distill=true", loras("0.75")});

  const std::string database = folder / "cox.db";
  for (const char* run : {"none", "adasteer", "full"}) {
    INFO(run);
    CHECK(sql_number(database, std::string("SELECT count(DISTINCT psnr) FROM v_results WHERE "
                                           "video = 'ball_in_the_sky' AND run = '") +
                                   run + "'") == 4);
  }
  CHECK(sql_number(database, "SELECT count(*) FROM v_runs WHERE parameters ->> '$.distill' = 1") ==
        3 * StudyFixture::kRuns);
  CHECK(run_as("step-again", {"distill=true", loras("0.5")}).find("0 new jobs") !=
        std::string::npos);
}
