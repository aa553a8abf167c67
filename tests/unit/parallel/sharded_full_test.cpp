// Full fine-tuning whose masters, gradients and optimizer states are divided over parts, beside the
// undivided one.

#include <ATen/ops/linalg_vector_norm.h>

#include "engine/adaptation/method.h"
#include "engine/adaptation/optimizer.h"
#include "engine/adaptation/random_direction.h"
#include "engine/adaptation/snapshot.h"
#include "engine/parallel/shard.h"
#include "small_longcat.h"

using namespace cox;
using namespace cox::engine;
using namespace cox::engine::test;

namespace {

constexpr int kSteps = 4;

OptimizerSettings adamw() {
  return {.name = "adamw", .lr = 1e-3, .eps = 1e-6, .weight_decay = 0.01, .max_grad_norm = 0.5};
}
OptimizerSettings sgd() {
  return {.name = "sgd", .lr = 1e-2, .weight_decay = 0.01, .max_grad_norm = 0.5, .momentum = 0.9};
}

/// All parameters of a model in training, alone or as one part.
struct FullTraining {
  FullTraining(int64_t heads, Group* group, Precision precision = Precision::kFp32)
      : backbone(model(heads, precision)) {
    backbone->set_group(group);
    Parameters none;
    ParameterReader reader(none);
    adaptation = find_method("full").make(reader, {*backbone, random, at::kFloat});
  }

  /// The norms of every step.
  std::vector<double> train(const OptimizerSettings& settings) {
    const std::vector<ParameterGroup> groups = adaptation->groups();
    optimizer = make_optimizer(settings, groups);
    std::vector<double> norms;
    for (int step = 0; step < kSteps; ++step) {
      std::vector<ShardedLeaf> divided;
      for (const TrainedTensor& tensor : groups[0].tensors) {
        if (!tensor.shard.is_whole()) {
          divided.push_back({tensor.leaf, tensor.value, tensor.shard});
        }
      }
      const at::Tensor output = backbone->forward(input(1), adaptation->adapter());
      const at::Tensor loss = (output * draw(output.sizes(), 6)).sum();
      const int64_t parts = backbone->group() == nullptr ? 1 : backbone->group()->size();
      {
        const ShardedGradients handed_over(divided);
        (loss / parts).backward();
      }
      norms.push_back(optimizer->step().front());
      adaptation->parameters_changed();
    }
    return norms;
  }

  /// Masters, live parameters and the optimizer's states, each whole.
  std::vector<at::Tensor> all() const {
    const std::vector<TrainedTensor> tensors = adaptation->groups()[0].tensors;
    std::vector<at::Tensor> all;
    for (const TrainedTensor& tensor : tensors) {
      all.push_back(tensor.whole(tensor.value).clone());
      all.push_back(tensor.leaf.detach().clone());
    }
    const std::vector<at::Tensor> state = optimizer->state();
    const size_t each = state.size() / tensors.size();
    for (size_t i = 0; i < state.size(); ++i) {
      all.push_back(tensors[i / each].whole(state[i]).clone());
    }
    return all;
  }

  std::unique_ptr<Backbone> backbone;
  VideoRandom random{7, 0, "clip"};
  std::unique_ptr<Adaptation> adaptation;
  std::unique_ptr<Optimizer> optimizer;
};

}  // namespace

TEST_CASE(
    "full over parts: masters, weights and states after several steps are the undivided ones") {
  for (const OptimizerSettings& settings : {adamw(), sgd()}) {
    for (const auto& [heads, parts] : kDivisions) {
      INFO(settings.name << ", " << heads << " heads, " << parts << " parts");
      FullTraining alone(heads, nullptr);
      const std::vector<double> norms = alone.train(settings);
      CHECK(norms.front() > settings.max_grad_norm);  // so that clipping acts
      const std::vector<at::Tensor> whole = alone.all();
      using All = std::pair<std::vector<double>, std::vector<at::Tensor>>;
      const auto divided = on_group<All>(parts, [&, heads = heads](Group& group) {
        FullTraining part(heads, &group);
        const std::vector<double> own_norms = part.train(settings);
        return All{own_norms, part.all()};
      });
      for (const auto& [own_norms, tensors] : divided) {
        CHECK(own_norms == divided.front().first);
        for (size_t step = 0; step < norms.size(); ++step) {
          CHECK(own_norms[step] == Approx(norms[step]).epsilon(kTrainedTolerance));
        }
        REQUIRE(tensors.size() == whole.size());
        for (size_t i = 0; i < whole.size(); ++i) {
          CHECK(at::equal(tensors[i], divided.front().second[i]));
          CHECK(at::linalg_vector_norm(tensors[i] - whole[i]).item<double>() <=
                kTrainedTolerance * at::linalg_vector_norm(whole[i]).item<double>() + 1e-6);
        }
      }
    }
  }
}

TEST_CASE("full over parts: each owns an equal share of what is trained") {
  constexpr int kParts = 4;
  FullTraining alone(kHeads, nullptr);
  const std::int64_t all = trainable_parameters(alone.adaptation->groups());
  using Counts = std::pair<std::int64_t, std::int64_t>;
  const auto counts = on_group<Counts>(kParts, [&](Group& group) {
    const FullTraining part(kHeads, &group);
    const auto groups = part.adaptation->groups();
    return Counts{trainable_parameters(groups), state_bytes(groups)};
  });
  for (const auto& [parameters, bytes] : counts) {
    CHECK(parameters == all);
    const auto share = static_cast<double>(all * 4) / kParts;  // bytes of fp32
    CHECK(static_cast<double>(bytes) >= share);
    CHECK(static_cast<double>(bytes) < 1.01 * share);
  }
}

TEST_CASE("full over parts: no whole gradient remains after a backward pass") {
  const auto remaining = on_group<int>(2, [](Group& group) {
    FullTraining part(kHeads, &group);
    const std::vector<TrainedTensor> tensors = part.adaptation->groups()[0].tensors;
    std::vector<ShardedLeaf> divided;
    for (const TrainedTensor& tensor : tensors) {
      divided.push_back({tensor.leaf, tensor.value, tensor.shard});
    }
    const ShardedGradients handed_over(divided);
    part.backbone->forward(input(1), part.adaptation->adapter()).sum().backward();
    int whole = 0;
    for (const TrainedTensor& tensor : tensors) {
      whole += tensor.leaf.grad().defined() || !tensor.gradient().defined() ? 1 : 0;
    }
    return whole;
  });
  CHECK(remaining == std::vector<int>{0, 0});
}

TEST_CASE("full over parts: bf16 weights are the rounded masters, and all come back") {
  std::vector<at::Tensor> before;
  {
    const FullTraining untouched(kHeads, nullptr, Precision::kBf16);
    for (const NamedTensor& parameter : untouched.backbone->parameters()) {
      before.push_back(parameter.tensor.detach().clone());
    }
  }
  using Tensors = std::vector<at::Tensor>;
  const auto [trained, restarted, left] = [&] {
    std::vector<Tensors> parts_trained, parts_restarted, parts_left;
    on_group<int>(2, [&](Group& group) {
      FullTraining part(kHeads, &group, Precision::kBf16);
      part.train(adamw());
      Tensors rounded;
      const std::vector<TrainedTensor> tensors = part.adaptation->groups()[0].tensors;
      for (const TrainedTensor& tensor : tensors) {
        rounded.push_back(at::cat({tensor.leaf.detach().flatten(),
                                   tensor.whole(tensor.value).to(at::kBFloat16).flatten()}));
      }
      const auto live = [&] {
        Tensors now;
        for (const NamedTensor& parameter : part.backbone->parameters()) {
          now.push_back(parameter.tensor.detach().clone());
        }
        return now;
      };
      restore_start(*part.adaptation);
      const Tensors at_start = live();
      part.optimizer.reset();
      part.adaptation.reset();
      if (group.rank() == 0) {
        parts_trained.push_back(rounded);
        parts_restarted.push_back(at_start);
        parts_left.push_back(live());
      }
      return 0;
    });
    return std::tuple(parts_trained.at(0), parts_restarted.at(0), parts_left.at(0));
  }();
  for (size_t i = 0; i < before.size(); ++i) {
    const auto halves = trained[i].chunk(2);
    CHECK(at::equal(halves[0], halves[1]));
    CHECK(at::equal(restarted[i], before[i]));
    CHECK(at::equal(left[i], before[i]));
  }
}

TEST_CASE("full over parts: a random direction is that of the undivided model") {
  const auto turned = [](Group* group) {
    FullTraining training(kOddHeads, group);
    training.train(adamw());
    const at::NoGradGuard no_grad;
    return in_random_direction(*training.adaptation, training.random, [&] {
      std::vector<at::Tensor> all;
      for (const NamedTensor& parameter : training.backbone->parameters()) {
        all.push_back(parameter.tensor.detach().flatten().clone());
      }
      return at::cat(all);
    });
  };
  const at::Tensor whole = turned(nullptr);
  const auto parts = on_group<at::Tensor>(2, [&](Group& group) { return turned(&group); });
  check_equal(parts, whole, kTrainedTolerance);
}
