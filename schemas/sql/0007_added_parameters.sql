-- Parameters that the schemas gained after runs were computed: earlier runs did what the defaults say
-- (docs/adr/0009-parameters-added-later.md).
UPDATE runs SET parameters = json_insert(parameters, '$.distill', json('false'));
