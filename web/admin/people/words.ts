// The words of the group's views, Chinese then English.

export const peopleWords = {} satisfies Record<string, [string, string]>;
