// The text that a run was about, as it was then; and what it takes to run the same again.

import { shallowRef, type ShallowRef } from "vue";
import type { Api, Files, Job } from "../api";

type Start = Parameters<Api["startJob"]>[0];

/** The draft is taken as it is now, which is what one tries again; what nobody stored is had back from the run. */
export async function startAgain(api: Pick<Api, "jobCandidate">, job: Pick<Job, "job" | "what" | "pack" | "candidate" | "base" | "options">): Promise<Start> {
  const { candidate: tried = { draft: true, rev: 0 }, base } = job;
  const lost = "files" in tried || (base && !("generation" in base));
  const kept = lost ? await api.jobCandidate(job.job) : null;
  const start: Start = { what: job.what, pack: job.pack };
  if ("generation" in tried) start.generation = tried.generation;
  else if ("draft" in tried) start.draft = true;
  else if (kept) start.files = kept.files;
  if (base && "generation" in base) start.base = { generation: base.generation };
  else if (base && kept?.base) start.base = { files: kept.base };
  if (job.options && Object.keys(job.options).length) start.options = job.options;
  return start;
}

export interface Candidate {
  files: ShallowRef<Files>;
  /** The draft was saved after the run: lines may have moved. */
  moved: ShallowRef<boolean>;
}

export function readCandidate(api: Pick<Api, "jobCandidate" | "openDraft">, job: Pick<Job, "job" | "pack" | "candidate">): Candidate {
  const files = shallowRef<Files>({});
  const moved = shallowRef(false);
  const read = async (): Promise<void> => {
    files.value = (await api.jobCandidate(job.job)).files;
    const { candidate } = job;
    if (candidate && "draft" in candidate) moved.value = (await api.openDraft(job.pack)).rev !== candidate.rev;
  };
  // Without the text the numbers of the lines are still told.
  read().catch(() => undefined);
  return { files, moved };
}
