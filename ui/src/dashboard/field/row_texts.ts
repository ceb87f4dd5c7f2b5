// What texts and links name of the row that a value stands in: `${__data.fields.name}`, `${__data.fields[2]}` and
// `${__data.fields["a name"]}` read as the cell does, with unit and mapping; `.text` is without the unit, `.numeric` the number.
import { displayNameOf, numberAt, type DataFrame, type Field } from '../data/frame';
import { textOf, type JsonObject } from '../model/json';
import { displayerOf, type Display } from './display';

export interface RowOf {
  frame: DataFrame;
  frames: readonly DataFrame[];
  row: number;
}

const OF_A_ROW = /\$\{__data\.([^:}]+)(?::[^}]*)?\}|\$\{?__cell_(\d+)\}?/g;
const IN_BRACKETS = /^fields\[(["']?)(.+?)\1\](?:\.(\w+))?$/;

// The unit of a panel is for its numbers; a time stays one.
export function cellConfig(field: Field): JsonObject {
  return field.type === 'time' && !/^(dateTime|time:)/.test(textOf(field.config.unit)) ? { ...field.config, unit: 'dateTimeAsIso', decimals: undefined, mappings: [] } : field.config;
}

// `path` is what follows "__data.". What is not there is nothing.
export function dataText(path: string, of: RowOf): string {
  if (path === 'name') return of.frame.name;
  if (path === 'refId') return of.frame.refId;
  const [, , bracketed, part] = IN_BRACKETS.exec(path) ?? [];
  if (bracketed !== undefined) return partText(fieldOf(bracketed, of), part, of.row);
  if (!path.startsWith('fields.')) return '';
  // A name may have a dot itself.
  const name = path.slice('fields.'.length);
  const field = fieldOf(name, of);
  const dot = name.lastIndexOf('.');
  return field !== undefined || dot < 0 ? partText(field, undefined, of.row) : partText(fieldOf(name.slice(0, dot), of), name.slice(dot + 1), of.row);
}

// `$__cell_2`, as boards once said it, is the value as it is.
export function rowText(text: string, of: RowOf): string {
  return text.replace(OF_A_ROW, (_whole, path?: string, cell?: string) => (path !== undefined ? dataText(path, of) : String(of.frame.fields[Number(cell)]?.values[of.row] ?? '')));
}

// By name, place, shown name or the label "name", in this order.
function fieldOf(name: string, { frame, frames }: RowOf): Field | undefined {
  const { fields } = frame;
  return (
    fields.find((field) => field.name === name) ??
    (/^\d+$/.test(name) ? fields[Number(name)] : undefined) ??
    fields.find((field) => displayNameOf(field, frame, frames) === name) ??
    fields.find((field) => field.labels.name === name)
  );
}

function partText(field: Field | undefined, part: string | undefined, row: number): string {
  if (field === undefined) return '';
  if (part === 'numeric') return String(numberAt(field, row));
  const display = displayAt(field, row);
  switch (part) {
    case undefined:
      return display?.text ?? textOf(field.config.noValue);
    case 'text':
      return display?.number ?? textOf(field.config.noValue);
    case 'prefix':
    case 'suffix':
      return display?.[part] ?? '';
    default:
      return '';
  }
}

function displayAt(field: Field, row: number): Display | undefined {
  const value = field.values[row];
  if (value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value))) return undefined;
  const display = displayerOf(cellConfig(field));
  if (field.type === 'number' || field.type === 'time') return display(numberAt(field, row));
  return display(NaN, typeof value === 'object' ? JSON.stringify(value) : String(value));
}
