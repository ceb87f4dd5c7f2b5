// Why a text is no board that can be read.
import { catalogue } from '../../text/catalogue';

export const t = catalogue(
  {
    notJson: 'not JSON: {what}',
    noObject: 'not a dashboard: expected a JSON object',
    v2: 'dashboard schema v2 ({version}) is not read here; export it as "classic" JSON',
    v2Elements: 'dashboard schema v2 (elements and layout) is not read here; export it as "classic" JSON',
    several: '{n} dashboards in one file ({first}, …): give each a file of its own',
    noBoard: 'not a dashboard: it has no title, panels or rows',
  },
  {
    de: {
      notJson: 'kein JSON: {what}',
      noObject: 'kein Dashboard: es sollte ein JSON-Objekt sein',
      v2: 'Dashboards der Form v2 ({version}) werden hier nicht gelesen; gib sie als „klassisches“ JSON aus',
      v2Elements: 'Dashboards der Form v2 (elements und layout) werden hier nicht gelesen; gib sie als „klassisches“ JSON aus',
      several: '{n} Dashboards in einer Datei ({first}, …): gib jedem eine eigene',
      noBoard: 'kein Dashboard: es hat weder title noch panels noch rows',
    },
  },
);
