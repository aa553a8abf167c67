#include "coordinator/service/definition.h"

#include "base/text.h"
#include "coordinator/sweep/added_parameters.h"
#include "proto/values.h"

namespace cox::service {

v1::Run definition_of(const sweep::Run& run, const sweep::Model& model) {
  v1::Run definition;
  definition.set_digest(run.digest);
  definition.set_method(run.method);
  for (const auto& [name, value] : run.parameters) {
    (*definition.mutable_parameters())[name] = to_proto(value);
  }
  definition.set_backbone(model.backbone);
  definition.set_model_directory(model.directory);
  definition.set_model_digest(model.digest);
  for (const sweep::Lora& lora : model.loras) {
    v1::Lora& message = *definition.add_loras();
    message.set_path(lora.path);
    message.set_digest(lora.digest);
    message.set_multiplier(lora.multiplier);
  }
  definition.set_lpips_weights(model.lpips_weights);
  definition.set_lpips_weights_digest(model.lpips_weights_digest);
  return definition;
}

sweep::Model model_of(const v1::Run& definition) {
  sweep::Model model;
  model.backbone = definition.backbone();
  model.directory = definition.model_directory();
  model.digest = definition.model_digest();
  for (const v1::Lora& lora : definition.loras()) {
    model.loras.push_back({lora.path(), lora.digest(), lora.multiplier()});
  }
  model.lpips_weights = definition.lpips_weights();
  model.lpips_weights_digest = definition.lpips_weights_digest();
  return model;
}

void modernize(v1::Run& definition) {
  for (const auto& [name, value] : sweep::added_parameters(definition.method())) {
    definition.mutable_parameters()->insert({name, to_proto(value)});  // keeps what is there
  }
  if (definition.former_lora().empty()) return;
  v1::Lora& lora = *definition.add_loras();
  lora.set_path(definition.former_lora());
  lora.set_digest(definition.former_lora_digest());
  lora.set_multiplier(1);
  definition.clear_former_lora();
  definition.clear_former_lora_digest();
}

Result<v1::Run> read_definition(const std::string& stored, const std::string& run_digest) {
  v1::Run definition;
  if (!definition.ParseFromString(stored)) {
    return Status(StatusCode::kDataLoss,
                  concat("the stored definition of run ", run_digest,
                         " cannot be read; restore the database from a backup"));
  }
  modernize(definition);
  return definition;
}

}  // namespace cox::service
