// The rooms of the group: units, accounts, the roster, bindings.

import type { Section } from "../sections";

export const peopleSections: Section[] = [];
