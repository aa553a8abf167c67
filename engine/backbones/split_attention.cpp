#include "engine/backbones/split_attention.h"

#include "engine/nn/attention.h"
#include "engine/tensors/torch.h"

namespace cox::engine {

at::Tensor split_attention(const HeadTensors& own, int64_t text_tokens, const TokenSplit& split) {
  if (split.parts() == 1) return merge_heads(attention(own.queries, own.keys, own.values));
  const auto swapped = [](const at::Tensor& x) { return x.transpose(-2, -3); };
  // [3, B, text tokens + n, heads, d], to every token of this part's heads.
  const at::Tensor heads =
      at::stack({swapped(own.queries), swapped(own.keys), swapped(own.values)});
  const at::Tensor video =
      split.tokens_for_heads(heads.narrow(2, text_tokens, heads.size(2) - text_tokens));
  const at::Tensor text = split.own_heads(heads.narrow(2, 0, text_tokens));
  const at::Tensor all = swapped(text_tokens == 0 ? video : at::cat({text, video}, 2));
  const at::Tensor mixed = swapped(attention(all[0], all[1], all[2]));  // [B, N, h, d]
  const at::Tensor of_video =
      split.heads_for_tokens(mixed.narrow(1, text_tokens, mixed.size(1) - text_tokens));
  if (text_tokens == 0) return of_video.flatten(2);
  const at::Tensor of_text = split.all_heads(mixed.narrow(1, 0, text_tokens));
  return at::cat({of_text, of_video}, 1).flatten(2);
}

at::Tensor own_rows(const at::Tensor& table, int64_t text_tokens, const TokenSplit& split) {
  if (split.parts() == 1 || !table.defined()) return table;
  const at::Tensor video = table.narrow(0, text_tokens, table.size(0) - text_tokens).unsqueeze(0);
  return at::cat({table.narrow(0, 0, text_tokens), split.own_tokens(video).squeeze(0)});
}

}  // namespace cox::engine
