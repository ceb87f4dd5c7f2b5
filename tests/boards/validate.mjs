// Every board of the pack and of coverage/ is what Grafana's types allow. The schema is made from the types once per
// version of them and kept in schema.json.
//   node validate.mjs [FILE…]
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

const here = dirname(fileURLToPath(import.meta.url));
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

// Of the type Board: Grafana's Dashboard, which also knows what is in a panel. Others may read schema.json, too.
function schema() {
  const hash = createHash('sha256');
  for (const file of ['board.ts', 'package-lock.json', 'validate.mjs']) hash.update(readFileSync(join(here, file)));
  const key = hash.digest('hex');
  const kept = join(here, 'schema.json');
  if (existsSync(kept)) {
    const made = read(kept);
    if (made.$comment === key) return made;
  }
  const config = { path: join(here, 'board.ts'), tsconfig: join(here, 'tsconfig.json'), skipTypeCheck: true, additionalProperties: false, expose: 'none' };
  const made = { $comment: key, ...createGenerator({ ...config, type: 'Board' }).createSchema('Board') };
  writeFileSync(kept, JSON.stringify(made));
  return made;
}

// Of the many ways in which a panel is none of the kinds, those of the kind that it says it is.
function explain(errors, board) {
  const lines = new Set();
  for (const error of errors) {
    const at = /^\/panels\/(\d+)(.*)$/.exec(error.instancePath);
    const panel = at && board.panels[Number(at[1])];
    const values = error.params?.allowedValue ?? error.params?.allowedValues;
    if (error.keyword === 'anyOf' || (error.keyword === 'const' && at && at[2] === '/type')) continue;
    lines.add(`${panel ? `panel ${panel.id} (${panel.type} "${panel.title}")${at[2]}` : error.instancePath || '/'}: ${error.message}` +
      (error.params?.additionalProperty ? ` (${error.params.additionalProperty})` : '') + (values ? ` (${[values].flat().join(', ')})` : ''));
  }
  return [...lines];
}

const folders = [join(here, '../../packs/dwcp/dashboards'), join(here, 'coverage')];
const files = process.argv.length > 2 ? process.argv.slice(2)
  : folders.filter(existsSync).flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((name) => join(folder, name)));

const board = schema();
const ajv = new Ajv({ allErrors: true, strict: false, discriminator: false });
const panelKinds = board.definitions;
const whole = ajv.compile(board);
// Each kind of panel by itself, so that a wrong panel is told what is wrong with its own kind.
const kinds = new Map();
for (const branch of branches(board, resolve(board, resolve(board, { $ref: board.$ref }).properties.panels).items)) {
  const type = branch.properties?.type?.const;
  if (type) kinds.set(type, ajv.compile({ ...branch, definitions: panelKinds }));
}

function resolve(schema, node) {
  while (node?.$ref) node = schema.definitions[decodeURIComponent(node.$ref.replace('#/definitions/', ''))];
  return node;
}
function branches(schema, node) {
  node = resolve(schema, node);
  return node.anyOf ? node.anyOf.flatMap((one) => branches(schema, one)) : [node];
}

let failed = 0;
for (const file of files) {
  const text = read(file);
  const problems = [];
  if (!whole(text)) {
    const panels = text.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
    for (const panel of panels) {
      const kind = kinds.get(panel.type);
      if (!kind) problems.push(`panel ${panel.id} "${panel.title}": no kind "${panel.type}"`);
      else if (!kind({ ...panel })) problems.push(...kind.errors.filter((e) => e.keyword !== 'anyOf').map((e) => `panel ${panel.id} (${panel.type} "${panel.title}")${e.instancePath}: ${e.message}${e.params?.additionalProperty ? ` (${e.params.additionalProperty})` : ''}`));
    }
    if (!problems.length) problems.push(...explain(whole.errors, text));
  }
  if (problems.length) {
    failed += 1;
    console.log(`FAILED ${basename(file)}`);
    for (const problem of new Set(problems)) console.log(`  ${problem}`);
  }
}

// The judge itself: boards that are wrong in one way each must not pass.
const good = JSON.stringify(read(join(folders[0], 'phase6-production-live.json')));
const spoil = [
  (b) => { b.panels[1].type = 'stats'; },
  (b) => { b.panels[1].options.graphMod = 'area'; },
  (b) => { b.panels[1].fieldConfig.defaults.thresholds.mode = 'relative'; },
  (b) => { b.panels[1].gridPos.x = '0'; },
  (b) => { delete b.schemaVersion; },
  (b) => { b.annotations.list[1].expr = 'up'; },
  (b) => { b.templating.list[0].type = 'multi'; },
  (b) => { b.panels[2].fieldConfig.defaults.custom.fillOpacty = 1; },
];
let unseen = 0;
spoil.forEach((change, i) => {
  const bad = JSON.parse(good);
  change(bad);
  if (whole(bad)) {
    unseen += 1;
    console.log(`FAILED: the schema accepts wrong board ${i + 1}: ${change}`);
  }
});
const tests = files.length + spoil.length;
console.log(`${tests - failed - unseen} passed, ${failed + unseen} failed, 0 skipped`);
process.exit(failed + unseen ? 1 : 0);
