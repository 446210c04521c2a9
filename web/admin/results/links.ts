// Where the results lead to.

import { href } from "../router";

export const editHref = (pack: string, path?: string, line?: number): string => href("edit", pack, { file: path, line });
export const jobsHref = (what?: string, pack?: string): string => href("jobs", "", { what, pack });
export const jobHref = (job: string): string => href("job", job);
export const historyHref = (pack: string): string => href("history", pack);
export const whyHref = (subject: string): string => href("why", subject);
export const shadowHref = (pack: string): string => href("shadow", pack);
