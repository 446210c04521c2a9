// The report categories of the demo packs, in the order a form shows them.

export const CATEGORIES = [
  "fire",
  "dispute",
  "traffic",
  "sanitation",
  "illegal_building",
  "flood",
  "elder",
  "security",
  "utility",
  "other",
] as const;
