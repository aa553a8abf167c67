#pragma once

#include <string>

#include "coordinator/sweep/schema.h"
#include "record/model.h"
#include "record/share_keys.h"
#include "record/value.h"

namespace cox::sweep {

/// The share keys of a run, from the roles and stages that the schema declares. The trajectory's
/// covers what the adapted states follow from: model, method, and parameters of the source and
/// adaptation stages whose role is not `horizon` or `observer`; frames and fractions of the
/// adaptation window count as the latent frames that they come to, and values that say something of
/// generation only as what earlier stages read. The generation's covers model
/// and parameters of the source and generation stages; and the method when it does not train,
/// because it may steer generation.
ShareKeys share_keys(const MethodSchema& method, const Parameters& parameters,
                     const ModelFiles& model);

/// The digest of what the passes of training and checks follow from, for a method that acts on the
/// output only: that of the trajectory without parameters whose role is `replay`. "" for others.
std::string passes_key(const MethodSchema& method, const Parameters& parameters,
                       const ModelFiles& model);

}  // namespace cox::sweep
