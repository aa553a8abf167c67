#include "tools/parity/families.h"

namespace cox::engine {

const ParityOps& longcat_parity_ops() {
  static const ParityOps kOps = {{"dit-forward", parity_dit_forward},
                                 {"dit-forward-cached", parity_dit_forward_cached},
                                 {"loss-grad", parity_loss_grad},
                                 {"adamw-steps", parity_adamw_steps},
                                 {"adamw-given-gradients", parity_adamw_given_gradients},
                                 {"sigma-tables", parity_sigma_tables},
                                 {"cfg-zero", parity_cfg_zero},
                                 {"generate-latents", parity_generate_latents},
                                 {"vae-encode", parity_vae_encode},
                                 {"vae-decode", parity_vae_decode},
                                 {"latents-normalize", parity_latents_normalize},
                                 {"umt5-encode", parity_umt5_encode},
                                 {"frame-metrics", parity_frame_metrics}};
  return kOps;
}

}  // namespace cox::engine
