// Links of boards and panels, those of before Grafana 7 included.
import type { BoardLink } from './board';
import { LINK_FIELDS, mend } from './fields';
import type { ImportNotes } from './import_notes';
import type { Place } from './note';
import { isObject, objectsOf, textOf, textsOf, type JsonObject } from './json';

const BLANK = { asDropdown: false, icon: 'external link', includeVars: false, keepTime: false, tags: [] as string[], targetBlank: false, tooltip: '', type: 'link' };

export function regularLinks(value: unknown, where: Place, notes: ImportNotes): BoardLink[] {
  return objectsOf(value).map((given) => {
    const link = upgraded({ ...given }, where, notes);
    mend(link, LINK_FIELDS, (key) => notes.say({ key: 'lostLink', values: { key } }, where));
    return { ...BLANK, ...link, title: textOf(link.title), tags: textsOf(link.tags) };
  });
}

// Once a link of a panel named a dashboard by its title or path, and carried parameters apart.
function upgraded(link: JsonObject, where: Place, notes: ImportNotes): JsonObject {
  if (link.type === 'absolute' || link.type === 'dashboard') link.type = 'link';
  if (textOf(link.url) === '') {
    const path = textOf(link.dashUri) || (textOf(link.dashboard) === '' ? '' : `db/${slug(textOf(link.dashboard))}`);
    if (path !== '') {
      link.url = `/dashboard/${path}`;
      notes.say({ key: 'linkByName', values: { name: textOf(link.dashboard) || path, url: textOf(link.url) } }, where);
    }
  }
  if (textOf(link.params) !== '' && textOf(link.url) !== '') link.url = `${textOf(link.url)}${textOf(link.url).includes('?') ? '&' : '?'}${textOf(link.params)}`;
  for (const key of ['dashboard', 'dashUri', 'params', '$$hashKey']) {
    if (!Object.hasOwn(link, key)) continue;
    delete link[key];
    notes.retire(key);
  }
  return link;
}

function slug(title: string): string {
  return title.toLowerCase().replace(/[^\p{L}\p{N} ]+/gu, '').trim().replace(/ +/g, '-');
}

// Links of a field carry only three texts.
export function dataLinkJson(title: string, url: string, blank: boolean): JsonObject {
  return { title, url, ...(blank ? { targetBlank: true } : {}) };
}

export function linksOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
