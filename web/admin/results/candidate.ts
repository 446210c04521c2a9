// The text that a run was about: known by its digest among the versions that were deployed; else it was the draft, as
// it is now.

import { shallowRef, type ShallowRef } from "vue";
import type { Api, Files } from "../api";
import type { JobRead } from "./types";

export type Which = { draft: true } | { generation: number };

/** What the run was started with, and is when it is started again. */
export async function candidateOf(api: Pick<Api, "history">, job: Pick<JobRead, "pack" | "digest">): Promise<Which> {
  if (!job.digest) return { draft: true };
  const { rows } = await api.history({ pack: job.pack, limit: 100 });
  const same = rows.find((r) => r.digest === job.digest && r.act !== "moved");
  return same ? { generation: same.generation } : { draft: true };
}

export interface Candidate {
  which: ShallowRef<Which | null>;
  files: ShallowRef<Files>;
  /** The draft was saved after the run: lines may have moved. */
  moved: ShallowRef<boolean>;
}

export function readCandidate(api: Pick<Api, "history" | "openPack" | "openDraft">, job: JobRead): Candidate {
  const which = shallowRef<Which | null>(null);
  const files = shallowRef<Files>({});
  const moved = shallowRef(false);
  const read = async (): Promise<void> => {
    which.value = await candidateOf(api, job);
    if ("generation" in which.value) files.value = (await api.openPack(job.pack, which.value.generation)).files;
    else {
      const draft = await api.openDraft(job.pack);
      files.value = draft.files;
      moved.value = !!job.at && Date.parse(draft.at) > Date.parse(job.at);
    }
  };
  // Without the text the numbers of the lines are still told.
  read().catch(() => undefined);
  return { which, files, moved };
}
