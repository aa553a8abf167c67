#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/checkpoint/safetensors.h"
#include "tests/support/command.h"
#include "tests/support/torch_catch.h"

/// cox-engine parity: the built program on tensors in files.
namespace cox::engine::parity {

using Tensors = std::map<std::string, at::Tensor>;

inline const std::string kFixtures = std::string(COX_SOURCE_DIR) + "/tests/parity/fixtures";
inline const std::string kDitModel = kFixtures + "/dit/model";

struct Call {
  std::string op;
  Tensors inputs = {};                       ///< none: no --input
  std::vector<std::string> parameters = {};  ///< KEY=JSON
  std::string model = kDitModel;             ///< "": no --model
  std::vector<std::string> options = {};     ///< further ones
};

inline cox::test::Ended run_parity(const Call& call, const cox::test::TemporaryDirectory& folder) {
  std::vector<std::string> arguments = {std::string(COX_BIN_DIR) + "/cox-engine", "parity", call.op,
                                        "--output", folder / "out.safetensors"};
  if (!call.inputs.empty()) {
    save_safetensors(folder / "in.safetensors", call.inputs);
    arguments.insert(arguments.end(), {"--input", folder / "in.safetensors"});
  }
  if (!call.model.empty()) arguments.insert(arguments.end(), {"--model", call.model});
  for (const std::string& parameter : call.parameters) {
    arguments.insert(arguments.end(), {"--param", parameter});
  }
  arguments.insert(arguments.end(), call.options.begin(), call.options.end());
  return cox::test::run(arguments);
}

/// Returns the outputs of a call that must succeed.
inline Tensors output_of(const Call& call) {
  const cox::test::TemporaryDirectory folder;
  const auto ended = run_parity(call, folder);
  INFO(ended.all());
  REQUIRE(ended.exit_code == 0);
  return Checkpoint::open(folder / "out.safetensors").load_all();
}

/// Returns the message of a call that must be refused; nothing may be written.
inline std::string refusal(const Call& call) {
  const cox::test::TemporaryDirectory folder;
  const auto ended = run_parity(call, folder);
  INFO(ended.all());
  CHECK(ended.exit_code == 2);
  CHECK(ended.out.empty());
  CHECK_FALSE(std::filesystem::exists(folder / "out.safetensors"));
  return ended.err;
}

/// Tensors of a fixture file.
inline const Tensors& fixture(const std::string& name) {
  static std::map<std::string, Tensors> read;
  Tensors& tensors = read[name];
  if (tensors.empty()) tensors = Checkpoint::open(kFixtures + "/" + name).load_all();
  return tensors;
}

inline const Tensors& dit_fixture() { return fixture("dit/expected.safetensors"); }

/// The fixture's forward, two latent frames of which are conditioning.
inline Call forward_call() {
  Call call{.op = "dit-forward"};
  for (const std::string name : {"latents", "timestep", "text_states", "text_mask"}) {
    call.inputs[name] = dit_fixture().at(name);
  }
  call.parameters = {"num_cond_latents=2"};
  return call;
}

}  // namespace cox::engine::parity
