#include "engine/diffusion/sampler.h"
#include "engine/diffusion/schedule.h"
#include "engine/tensors/shape.h"
#include "engine/tensors/torch.h"
#include "tools/parity/parity_job.h"

namespace cox::engine {

void parity_sigma_tables(ParityJob& job) {
  using Table = std::tuple<int64_t, bool, bool>;  // steps, enhance_hf, distill
  const auto shift = job.param<double>("shift");
  for (const auto& [name, table] : job.param<std::map<std::string, Table>>("tables")) {
    const auto [steps, enhance_hf, distill] = table;
    const Schedule schedule = make_schedule({steps, shift, enhance_hf, distill});
    job.set_output(name + ".sigmas", schedule.sigmas);
    job.set_output(name + ".timesteps", schedule.timesteps);
    job.set_output(name + ".timesteps_bf16", schedule.timesteps.to(at::kBFloat16).to(at::kFloat));
  }
}

void parity_cfg_zero(ParityJob& job) {
  for (const auto& [name, guidance] : job.param<std::map<std::string, double>>("guidance")) {
    const at::Tensor cond = job.tensor(name + ".cond");
    const at::Tensor uncond = job.tensor(name + ".uncond");
    check_shape(uncond, cond.sizes(), name + ".uncond");
    job.set_output(name + ".st_star", cfg_zero_scale(cond, uncond));
    job.set_output(name + ".prediction", cfg_zero(cond, uncond, guidance));
  }
}

void parity_generate_latents(ParityJob& job) {
  const at::NoGradGuard no_grad;
  const auto backbone = job.load_dit();
  SamplerOptions options;
  options.schedule = {job.param<int64_t>("steps"), job.param<double>("shift"),
                      job.param<bool>("enhance_hf"), job.param<bool>("distill")};
  options.guidance = job.param<double>("guidance");
  options.use_kv_cache = job.param<bool>("use_kv_cache");
  const ContinuationInput input{job.tensor("cond_latents"), job.tensor("noise"), job.text(),
                                job.text("negative_")};
  job.set_output("latents", continue_latents(*backbone, Adapter(), input, options));
}

}  // namespace cox::engine
