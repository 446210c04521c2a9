// The text that a run was about, for showing the lines that ran: of the generation or draft it was started with.

import { shallowRef, type ShallowRef } from "vue";
import type { Api, Files } from "../api";
import type { JobRead } from "./types";

export interface Candidate {
  files: ShallowRef<Files>;
  /** The draft was saved after the run: lines may have moved. */
  moved: ShallowRef<boolean>;
}

/** What is said about the run's candidate when it is started, or started again. */
export function candidateOf(job: JobRead): { draft: true } | { generation: number } | null {
  if (job.draft) return { draft: true };
  return typeof job.generation === "number" ? { generation: job.generation } : null;
}

export function readCandidate(api: Pick<Api, "openPack" | "openDraft">, job: JobRead): Candidate {
  const files = shallowRef<Files>({});
  const moved = shallowRef(false);
  const read = async (): Promise<void> => {
    const which = candidateOf(job);
    if (which && "generation" in which) files.value = (await api.openPack(job.pack, which.generation)).files;
    else {
      const draft = await api.openDraft(job.pack);
      files.value = draft.files;
      moved.value = !!job.at && Date.parse(draft.at) > Date.parse(job.at);
    }
  };
  // Without the text the numbers of the lines are still told.
  read().catch(() => undefined);
  return { files, moved };
}
