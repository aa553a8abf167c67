#!/usr/bin/env bash
# Trains the transformer of models/tiny-wan; writes ONE file, $OUT/tiny-wan.tar (transformer, configs, logs, curve, probe).
# Run in a copy of the repository with cox-engine on the PATH.
#   DEVICE (cuda:1), CLIPS (6000), BATCH (128), RATE (1e-3), STEPS (3000), LIMIT seconds of training (280), PROBE_CLIPS (32; 0 = none)
# At LIMIT the training ends with what it has. All told: some 15 s + CLIPS / 150 s + LIMIT + 2 s for each clip probed.
set -euo pipefail
device=${DEVICE:-cuda:1} dtype=${DTYPE:-bf16} clips=${CLIPS:-6000} batch=${BATCH:-128} rate=${RATE:-1e-3}
steps=${STEPS:-3000} limit=${LIMIT:-280} probe_clips=${PROBE_CLIPS:-32} probe_steps=${PROBE_STEPS:-20}
root=$(mktemp -d) begin=$SECONDS
model=$root/tiny-wan work=$root/train
mkdir -p "$work" "$OUT"
cox-engine init-model "$model" --preset small-wan --seed 1 >"$work/init.log"
for part in vae text_encoder tokenizer; do cp models/tiny/$part/* "$model/$part/"; done
train() { cox-engine train --model "$model" --work "$work" --stage dit --batch "$batch" --rate "$rate" --clips "$2" \
  --min-context 0 --max-context 4 --device "$device" --dtype "$dtype" --steps "$1" --stop-after "$limit"; }
train "$steps" "$clips" >"$work/train.json" 2>"$work/train.log"
if grep -q '"finished": false' "$work/train.json"; then  # the steps that were done become the last ones
  done_steps=$(sed -n 's/.*"steps": \([0-9]*\).*/\1/p' "$work/train.json")
  train "$done_steps" 1 >"$work/train.json" 2>>"$work/train.log"
fi
echo "trained after $((SECONDS - begin)) s: rate $rate, batch $batch, clips $clips, steps asked $steps" | tee "$work/note.txt"
cat "$work/train.json"
rm -f "$work/dit.safetensors"
if [ "$probe_clips" -gt 0 ]; then
  cox-engine probe "$model" --clips "$probe_clips" --steps "$probe_steps" --device "$device" --dtype "$dtype" | tee "$root/probe.json"
fi
tar -C "$root" --exclude tiny-wan/vae --exclude tiny-wan/text_encoder --exclude tiny-wan/tokenizer -cf "$OUT/tiny-wan.tar" \
  tiny-wan train $( [ -e "$root/probe.json" ] && echo probe.json )
rm -rf "$root"; ls -l "$OUT/tiny-wan.tar"; echo "all after $((SECONDS - begin)) s"
