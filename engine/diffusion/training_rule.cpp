#include "engine/diffusion/training_rule.h"

#include <stdexcept>

#include "engine/tensors/torch.h"

namespace cox::engine {

namespace {

/// Asks each question by itself, context included.
class WholeQuestions final : public HeldOutQuestions {
 public:
  WholeQuestions(const TrainingRule& rule, const Backbone& backbone, const Adapter& adapter,
                 at::Tensor context, const TextStates& text)
      : rule_(rule),
        backbone_(backbone),
        adapter_(adapter),
        context_(std::move(context)),
        text_(text) {}

  at::Tensor output(const at::Tensor& latents, const at::Tensor& noise,
                    double level) const override {
    return rule_.output(backbone_, adapter_, problem_of(latents, noise, level));
  }
  at::Tensor loss_of(const at::Tensor& output, const at::Tensor& latents, const at::Tensor& noise,
                     double level) const override {
    return rule_.loss_of(output, problem_of(latents, noise, level));
  }

 private:
  DenoisingProblem problem_of(const at::Tensor& latents, const at::Tensor& noise,
                              double level) const {
    return {at::cat({context_, latents}, 2), context_.size(2), noise, level, text_};
  }

  const TrainingRule& rule_;
  const Backbone& backbone_;
  const Adapter& adapter_;
  at::Tensor context_;
  const TextStates& text_;
};

}  // namespace

at::Tensor TrainingRule::batch_loss(const Backbone&, const DenoisingBatch&) const {
  throw std::logic_error("this family has no loss over a batch");
}

std::unique_ptr<HeldOutQuestions> TrainingRule::questions(const Backbone& backbone,
                                                          const Adapter& adapter,
                                                          const at::Tensor& context,
                                                          const TextStates& text) const {
  return std::make_unique<WholeQuestions>(*this, backbone, adapter, context, text);
}

}  // namespace cox::engine
