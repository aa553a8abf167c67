-- Which LPIPS weights and LoRA file a run names by content, and where its parameters' values came
-- from.

ALTER TABLE runs ADD COLUMN lora_digest TEXT NOT NULL DEFAULT '';
-- '' unless the run measures LPIPS.
ALTER TABLE runs ADD COLUMN lpips_weights_digest TEXT NOT NULL DEFAULT '';

-- Until now both stood in the definition alone, the message cox.v1.Run: a field of text begins with
-- its tag (number * 8 + 2, so 0x42 and 0x52) and its length (0x40), and only a digest has 64
-- hexadecimal characters after that.
UPDATE runs SET lora_digest = CAST(substr(definition, instr(definition, x'5240') + 2, 64) AS TEXT)
WHERE instr(definition, x'5240') > 0;
UPDATE runs SET lora_digest = ''
WHERE length(lora_digest) <> 64 OR lora_digest GLOB '*[^0-9a-f]*';
UPDATE runs
SET lpips_weights_digest = CAST(substr(definition, instr(definition, x'4240') + 2, 64) AS TEXT)
WHERE instr(definition, x'4240') > 0
  AND EXISTS (SELECT 1 FROM json_each(parameters, '$.metrics') WHERE value = 'lpips');
UPDATE runs SET lpips_weights_digest = ''
WHERE length(lpips_weights_digest) <> 64 OR lpips_weights_digest GLOB '*[^0-9a-f]*';

-- By parameter, {layer, file, line, column}; a parameter that is not named has its schema's default.
-- NULL: submitted before origins were kept.
ALTER TABLE series_runs ADD COLUMN origins TEXT CHECK (origins IS NULL OR json_valid(origins));
