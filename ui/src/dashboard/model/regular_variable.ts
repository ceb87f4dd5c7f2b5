// Variables and annotations of any age → today's form.
import type { AnnotationJson, VariableJson } from './board';
import { ANNOTATION_FIELDS, mend, RETIRED_OF_ANNOTATIONS, RETIRED_OF_VARIABLES, VARIABLE_FIELDS } from './fields';
import type { ImportNotes } from './import_notes';
import { flagOf, isObject, numberOf, textOf, textsOf, type JsonObject } from './json';
import { setDatasource } from './regular_panel';
import { queryTextOf } from './variable_query';

export function regularVariable(json: JsonObject, notes: ImportNotes): VariableJson {
  const variable = json as VariableJson;
  variable.name = textOf(json.name);
  variable.type = textOf(json.type, 'query') || 'query';
  setDatasource(json);
  // Before Grafana 5: two switches, and "refresh" as one.
  if (json.hide === undefined) variable.hide = flagOf(json.hideVariable) ? 2 : flagOf(json.hideLabel) ? 1 : 0;
  if (json.refresh === undefined && json.refresh_on_load === true) variable.refresh = 1;
  if (variable.type === 'datasource' || typeof json.query === 'number') json.query = textOf(json.query);
  // What Grafana lists a query as: its text once more, and all that some files have of it.
  if (variable.type === 'query' && typeof json.definition === 'string') {
    const asked = queryTextOf({ ...variable, definition: '' });
    // A query in a form of another source's stands for itself.
    const foreign = asked === '' && isObject(json.query) && Object.keys(json.query).length > 0 && json.query.qryType === undefined;
    if (asked === '' && !foreign) json.query = json.definition;
    else if (json.definition !== '' && asked !== json.definition) notes.retire('definition');
    delete json.definition;
  }
  retire(json, RETIRED_OF_VARIABLES, notes);
  mend(json, VARIABLE_FIELDS, (key) => notes.say({ key: 'lost', values: { key } }, { key: 'variable', values: { name: variable.name } }));
  variable.hide ??= 0;
  variable.current ??= { text: '', value: '' };
  // One value out of several, and none at all, have the form of their kind.
  const { value, text } = variable.current;
  if (Array.isArray(value) !== Array.isArray(text)) variable.current.text = Array.isArray(value) ? textsOf(text) : textsOf(text).join(' + ');
  return variable;
}

export function regularAnnotation(json: JsonObject, notes: ImportNotes): AnnotationJson {
  const mark = json as AnnotationJson;
  mark.name = textOf(json.name, 'Annotations') || 'Annotations';
  setDatasource(json);
  // The query once stood in the annotation itself.
  const expr = textOf(json.expr);
  const target = isObject(json.target) ? json.target : undefined;
  // What moves there is not lost.
  const moved = (...keys: string[]) => keys.forEach((key) => delete json[key]);
  if (target === undefined && expr !== '') {
    json.target = { refId: 'Anno', expr, ...(textOf(json.step) === '' ? {} : { interval: textOf(json.step) }) };
    moved('expr', 'step');
  } else if (target === undefined && (Array.isArray(json.tags) || json.type === 'tags')) {
    json.target = { refId: 'Anno', type: json.type === 'tags' || textsOf(json.tags).length > 0 ? 'tags' : 'dashboard', tags: textsOf(json.tags), limit: numberOf(json.limit, 100), matchAny: flagOf(json.matchAny) };
    moved('tags', 'limit', 'matchAny');
  } else if (target !== undefined && textOf(target.refId) === '') target.refId = 'Anno';
  // Grafana's own annotations are the board's by themselves; files of some versions say so at length.
  if (numberOf(json.builtIn, flagOf(json.builtIn) ? 1 : 0) === 1 && isObject(json.target) && textOf(json.target.type, 'dashboard') === 'dashboard') {
    delete json.target;
    notes.retire('target (of the built-in annotations)');
  }
  retire(json, RETIRED_OF_ANNOTATIONS, notes);
  mend(json, ANNOTATION_FIELDS, (key) => notes.say({ key: 'lost', values: { key } }, { key: 'annotation', values: { name: mark.name } }));
  mark.enable ??= true;
  mark.iconColor ??= 'blue';
  return mark;
}

export function retire(json: JsonObject, keys: readonly string[], notes: ImportNotes): void {
  for (const key of keys) {
    if (!Object.hasOwn(json, key)) continue;
    if (json[key] !== undefined && json[key] !== null) notes.retire(key);
    delete json[key];
  }
}

