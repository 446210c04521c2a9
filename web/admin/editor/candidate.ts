// What is being written, as the methods of the server take it.

import type { Candidate } from "../api";
import type { Workspace } from "./workspace";

/** Stored first; where the server keeps no drafts, the texts themselves. */
export async function candidateOf(work: Workspace): Promise<Candidate> {
  const stored = await work.save();
  return stored && work.rev.value !== undefined ? { draft: true } : { files: work.files.value };
}
