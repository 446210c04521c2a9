// What the server said last, kept in the phone: without a network the page opens with it, and says how old it is.

import { ref, watch, type Ref } from "vue";
import type { Form } from "../shared/form";
import type { Waiting } from "../shared/outbox";
import type { Shelf } from "../shared/shelf";
import type { Incident, MyTask } from "../shared/types";
import type { PhoneSession } from "./parts";

interface Last {
  at: number;
  tasks: MyTask[];
  incidents: Incident[];
}

/** Enough for a day's work; a phone does not carry the county. */
const MOST = 60;
const CALM_MS = 1000;

export interface Remembered {
  /** Server time of what is shown while nothing newer is heard; 0 before anything was. */
  asOf: Ref<number>;
  forms: Ref<Form[]>;
  stop(): void;
}

export function rememberLast(session: PhoneSession, shelf: Shelf<Waiting>, me: string): Remembered {
  const { store, link } = session;
  const asOf = ref(0);
  const forms = ref<Form[]>([]);
  let timer: ReturnType<typeof setTimeout> | null = null;

  const begin = async () => {
    const [last, kept] = await Promise.all([shelf.note<Last>("last"), shelf.note<Form[]>("forms")]);
    if (kept && !forms.value.length) forms.value = kept;
    if (!last || store.loaded.value) return;
    asOf.value = last.at;
    store.tasks.value = last.tasks;
    for (const i of last.incidents) store.incidents.set(i.id, i);
  };
  void begin();

  const save = () => {
    timer = null;
    const tasks = store.tasks.value;
    const about = new Set(tasks.map((x) => x.incident));
    const incidents = [...store.incidents.values()].filter((i) => about.has(i.id) || i.reporter === me).slice(-MOST);
    // Plain copies: a database takes no reactive object.
    void shelf.setNote("last", JSON.parse(JSON.stringify({ at: asOf.value, tasks, incidents })));
  };
  const stopWatch = watch([store.tasks, store.incidents, session.linkState], () => {
    if (!store.loaded.value) return;
    if (link.state === "up") asOf.value = link.serverNow();
    timer ??= setTimeout(save, CALM_MS);
  });

  const askForms = async () => {
    try {
      const { rows } = await link.query<{ rows: Form[] }>("form.list");
      forms.value = rows.filter((f) => !f.retired);
      void shelf.setNote("forms", JSON.parse(JSON.stringify(forms.value)));
    } catch {
      /* what was kept stands */
    }
  };
  const stopSnapshots = link.watchSnapshots((s) => {
    const rows = (s["form.list"] as { rows?: Form[] } | undefined)?.rows;
    if (rows) forms.value = rows.filter((f) => !f.retired);
    else void askForms();
  });
  const stopEntries = link.watchEntries((e) => {
    if (e.kind.startsWith("form.")) void askForms();
  });

  return {
    asOf,
    forms,
    stop() {
      stopWatch();
      stopSnapshots();
      stopEntries();
      if (timer) {
        clearTimeout(timer);
        save();
      }
    },
  };
}
