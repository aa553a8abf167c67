#include <fmt/format.h>

#include <set>
#include <stdexcept>
#include <variant>

#include "engine/adaptation/method.h"
#include "engine/steering/stas.h"
#include "engine/tensors/error.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

struct StasSettings {
  std::set<int64_t> blocks;  ///< the blocks whose output is steered
  std::variant<DimList, TopDims> dims;
  StasReference reference = StasReference::kLayer;
  StasStrength strength;
  StasTokens tokens;
  double steps_fraction = 0;
  bool only_prompt = false;  ///< not the other guidance branches
};

/// Moves hidden states in the first evaluations of sampling: engine/steering/stas.h.
class Stas final : public Adaptation, private Adapter {
 public:
  explicit Stas(StasSettings settings) : settings_(std::move(settings)) {}

  const Adapter& adapter() const override { return *this; }
  std::vector<ParameterGroup> groups() override { return {}; }

 private:
  void begin_pass(const PassContext& pass) const override {
    const SamplingStep& step = pass.sampling;
    pass_ = pass;
    acts_ = step.index >= 0 && stas_acts(step.index, step.count, settings_.steps_fraction) &&
            (!settings_.only_prompt || step.prompt_row >= 0);
    if (acts_ && settings_.tokens.first_frame && pass.first_frame > 0) {
      throw user_error(
          "stas: first_frame: its tokens are in the condition cache; set use_kv_cache: false, or "
          "first_frame: false",
          "method");
    }
    if (acts_) place_tokens();
  }

  /// Finds the tokens again only when the grid changes.
  void place_tokens() const {
    if (placed_ == pass_.grid && tokens_.defined()) return;
    try {
      tokens_ = steered_tokens(pass_.grid, settings_.tokens);
      token_rows_.reset();
      placed_ = pass_.grid;
    } catch (const std::invalid_argument& error) {
      throw user_error(error.what(), "parameter");
    }
  }

  /// Channels are chosen over the batch, see TopDims.
  bool compares_rows() const override {
    return !settings_.only_prompt && !std::holds_alternative<DimList>(settings_.dims);
  }

  /// Compares all tokens: with several parts, each part steers all tokens and keeps its own.
  at::Tensor block_output(int block, at::Tensor h) const override {
    if (!acts_ || settings_.blocks.count(block) == 0) return h;
    const at::Tensor all = pass_.split.all_tokens(h);
    steer(all);
    return pass_.split.own_tokens(all);
  }

  /// Steers a block's output in place: nothing else holds that tensor.
  void steer(const at::Tensor& h) const {
    const VisualRows rows{pass_.grid, 0};
    if (!token_rows_.defined()) token_rows_ = rows_of_tokens(tokens_, rows, h.device());
    const bool one_row = settings_.only_prompt && h.size(0) > 1;
    const at::Tensor states = one_row ? h.narrow(0, pass_.sampling.prompt_row, 1) : h;
    steer_rows(states, token_rows_, target_of(states, rows), settings_.strength);
  }

  StasTarget target_of(const at::Tensor& h, const VisualRows& rows) const {
    if (const auto* top = std::get_if<TopDims>(&settings_.dims)) {
      return top_target(h, rows, *top, settings_.reference);
    }
    if (!listed_.defined()) listed_ = choose_dims(h, rows, std::get<DimList>(settings_.dims));
    return {listed_, stas_maximum(h, rows, listed_, settings_.reference)};
  }

  StasSettings settings_;
  mutable PassContext pass_;  ///< of the forward pass in progress
  mutable bool acts_ = false;
  mutable TokenGrid placed_;       ///< of tokens_
  mutable at::Tensor tokens_;      ///< the mask of those that are steered
  mutable at::Tensor token_rows_;  ///< their rows, on the device
  mutable at::Tensor listed_;      ///< the listed dims, on the device
};

/// The blocks whose output is the hidden state at the site.
std::set<int64_t> read_blocks(ParameterReader& parameters, int64_t blocks) {
  const bool before = parameters.choice("site", {"block_output", "block_input"}) == "block_input";
  const int64_t first = before ? 1 : 0;
  std::vector<int64_t> layers = parameters.integers("layers");
  if (layers.empty()) {
    for (int64_t layer = first; layer < blocks; ++layer) layers.push_back(layer);
  }
  std::set<int64_t> steered;
  for (const int64_t layer : layers) {
    if (layer < first || layer >= blocks) {
      parameters.reject("layers", fmt::format("numbers from {} to {}{}", first, blocks - 1,
                                              before ? ": no block is before the first" : ""));
    }
    if (!steered.insert(layer - first).second) parameters.reject("layers", "each layer only once");
  }
  return steered;
}

std::variant<DimList, TopDims> read_dims(ParameterReader& parameters, int64_t hidden) {
  const int64_t top = parameters.integer("top_k", 1, hidden);
  const std::vector<int64_t> dims = parameters.integers("dims");
  if (dims.empty()) return TopDims{top};
  for (const int64_t dim : dims) {
    if (dim < 0 || dim >= hidden) {
      parameters.reject("dims", fmt::format("channels from 0 to {}", hidden - 1));
    }
  }
  if (std::set<int64_t>(dims.begin(), dims.end()).size() != dims.size()) {
    parameters.reject("dims", "each channel only once");
  }
  return DimList{dims};
}

StasTokens read_tokens(ParameterReader& parameters) {
  StasTokens tokens;
  tokens.first_frame = parameters.flag("first_frame");
  const std::string boundary = parameters.choice("boundary", {"none", "rows", "frames"});
  tokens.boundary = boundary == "none"   ? StasBoundary::kNone
                    : boundary == "rows" ? StasBoundary::kRows
                                         : StasBoundary::kFrames;
  tokens.head = parameters.real("head", {0});
  tokens.tail = parameters.real("tail", {0});
  tokens.chunk = parameters.integer("chunk", 1);
  if (!tokens.first_frame && tokens.boundary == StasBoundary::kNone) {
    parameters.reject("boundary", "rows or frames without first_frame: nothing would be steered");
  }
  return tokens;
}

}  // namespace

std::unique_ptr<Adaptation> make_stas(ParameterReader& parameters, const MethodContext& context) {
  const BackboneShape shape = context.backbone.shape();
  StasSettings settings;
  settings.blocks = read_blocks(parameters, shape.blocks);
  settings.dims = read_dims(parameters, shape.hidden);
  settings.reference = parameters.choice("reference", {"layer", "dim"}) == "layer"
                           ? StasReference::kLayer
                           : StasReference::kDim;
  settings.strength = {parameters.real("alpha"), parameters.real("lambda", {0, 1})};
  settings.tokens = read_tokens(parameters);
  settings.steps_fraction = parameters.real("steps_fraction", {0, 1});
  settings.only_prompt = parameters.choice("branch", {"both", "prompt"}) == "prompt";
  return std::make_unique<Stas>(std::move(settings));
}

}  // namespace cox::engine
