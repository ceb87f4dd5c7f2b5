// A board exported "for sharing externally" asks its importer for data sources and constants (`__inputs`) and carries
// its library panels (`__elements`). Both are filled in here, as Grafana's own import does.
import { isObject, objectOf, objectsOf, textOf, type JsonObject } from './json';
import type { ImportNotes } from './import_notes';

export const OWN_DATASOURCE = { type: 'prometheus', uid: 'pharos' };

export function fillInputs(json: JsonObject, notes: ImportNotes): JsonObject {
  const values = new Map<string, unknown>();
  for (const input of objectsOf(json.__inputs)) {
    const name = textOf(input.name);
    if (name === '') continue;
    if (input.type === 'constant') {
      values.set(name, textOf(input.value));
      notes.say({ key: 'constant', values: { name, value: textOf(input.value) } });
    } else {
      const type = textOf(input.pluginId, 'prometheus');
      const ours = type === 'prometheus' || type.startsWith('victoriametrics');
      values.set(name, ours ? OWN_DATASOURCE : { type, uid: name });
      notes.say(ours ? { key: 'ours' } : { key: 'foreign', values: { type } }, { key: 'input', values: { name: textOf(input.label) || name } });
    }
  }
  const models = new Map(Object.entries(objectOf(json.__elements)).map(([uid, element]) => [uid, objectOf(objectOf(element).model)] as const));
  const filled = values.size === 0 ? json : (filledIn(json, values) as JsonObject);
  if (models.size > 0) inlineLibraryPanels(filled, values.size === 0 ? models : new Map([...models].map(([uid, model]) => [uid, filledIn(model, values) as JsonObject])), notes);
  return filled;
}

// A text that is a reference becomes what it stands for; one inside a longer text only where that is a text.
function filledIn(value: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => filledIn(item, values));
  if (isObject(value)) {
    // {type, uid: "${DS}"} is a reference as a whole.
    const own = typeof value.uid === 'string' ? values.get(/^\$\{(\w+)\}$/.exec(value.uid)?.[1] ?? '') : undefined;
    if (isObject(own)) return { ...value, ...own };
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, values)]));
  }
  if (typeof value !== 'string' || !value.includes('${')) return value;
  const whole = values.get(/^\$\{(\w+)\}$/.exec(value)?.[1] ?? '');
  if (whole !== undefined) return structuredClone(whole);
  return value.replace(/\$\{(\w+)\}/g, (given, name: string) => (typeof values.get(name) === 'string' ? (values.get(name) as string) : given));
}

function inlineLibraryPanels(json: JsonObject, models: ReadonlyMap<string, JsonObject>, notes: ImportNotes): void {
  const visit = (panel: JsonObject): void => {
    for (const inner of objectsOf(panel.panels)) visit(inner);
    const uid = textOf(objectOf(panel.libraryPanel).uid);
    const model = models.get(uid);
    if (model === undefined) return;
    const { id, gridPos } = panel;
    const name = textOf(objectOf(panel.libraryPanel).name);
    for (const key of Object.keys(panel)) if (!['id', 'gridPos', 'repeat', 'repeatDirection', 'maxPerRow'].includes(key)) delete panel[key];
    const { libraryPanel: _library, ...own } = structuredClone(model);
    Object.assign(panel, own, { id, gridPos });
    notes.say({ key: 'library', values: { name } });
  };
  for (const panel of [...objectsOf(json.panels), ...objectsOf(json.rows)]) visit(panel);
}
