// Names that a board gives to fields by what is in them: `${__field.labels.region}`, `${__series.name}`.
import { displayNameOf, type DataFrame, type Field } from '../data/frame';
import { interpolate } from '../model/interpolate';
import { makeScope } from '../model/scope';

const OF_A_FIELD = /\$(?:\{__(?:field|series|frame)\b[^}]*\}|__(?:field|series)_name\b)/g;

export function isOfField(text: unknown): text is string {
  return typeof text === 'string' && text.search(OF_A_FIELD) >= 0;
}

// `config` is the field's, with the text itself as its name: what it stands for is the name that the field has without it.
export function fieldText(text: string, field: Field, frame: DataFrame, frames: readonly DataFrame[]): string {
  const { displayName: _self, ...config } = field.config;
  const name = displayNameOf({ ...field, config }, frame, frames);
  const scope = makeScope([], [
    ['__field.name', name], ['__field.displayName', name], ['__field_name', name], ['__series_name', frame.name || name],
    ['__series.name', frame.name || name], ['__frame.name', frame.name || name], ['__frame.refId', frame.refId],
    ['__field.labels', Object.entries(field.labels).map(([key, label]) => `${key}="${label}"`).join(', ')],
    ...Object.entries(field.labels).flatMap(([key, label]): [string, string][] => [[`__field.labels.${key}`, label], [`__field.labels["${key}"]`, label], [`__field.labels['${key}']`, label]]),
  ]);
  // A label that the field does not have is nothing.
  return text.replace(OF_A_FIELD, (reference) => {
    const filled = interpolate(reference, scope);
    return filled === reference ? '' : filled;
  });
}
