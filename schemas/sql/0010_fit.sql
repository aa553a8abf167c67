-- Runs of earlier programs stretched their clips (docs/adr/0009-parameters-added-later.md).
UPDATE runs SET parameters = json_insert(parameters, '$.fit', 'stretch');
