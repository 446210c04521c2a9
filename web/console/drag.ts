// What is dragged about the desk: an incident onto a person, a person onto an incident. Either way the dispatch dialog
// opens with both; nothing is sent by a slip of the hand. The keyboard's way is `d` on a row, or the command line.

import { ref } from "vue";
import type { Desk } from "./desk";

const INCIDENT = "application/x-fq-incident";
const PERSON = "application/x-fq-person";

export function dragIncident(e: DragEvent, id: string): void {
  e.dataTransfer?.setData(INCIDENT, id);
  if (e.dataTransfer) e.dataTransfer.effectAllowed = "link";
}
export function dragPerson(e: DragEvent, user: string): void {
  e.dataTransfer?.setData(PERSON, user);
  if (e.dataTransfer) e.dataTransfer.effectAllowed = "link";
}

const carries = (e: DragEvent, type: string): boolean => e.dataTransfer?.types.includes(type) ?? false;
/** For dragover: may it be dropped here? Says so to the browser. */
export function overIncident(e: DragEvent): boolean {
  return allow(e, carries(e, PERSON));
}
export function overPerson(e: DragEvent): boolean {
  return allow(e, carries(e, INCIDENT));
}
function allow(e: DragEvent, yes: boolean): boolean {
  if (yes) {
    e.preventDefault();
    if (e.dataTransfer) e.dataTransfer.dropEffect = "link";
  }
  return yes;
}

/** Somebody of a list, onto whom incidents are dropped: who is under the pointer, and the dialog with both. */
export function useDropOnPerson(desk: Pick<Desk, "order">) {
  const over = ref("");
  function order(incident: string, user: string): void {
    desk.order.value = { incident, people: [user] };
  }
  function drop(e: DragEvent, user: string): void {
    over.value = "";
    const incident = droppedIncident(e);
    if (incident) order(incident, user);
  }
  return { over, order, drop };
}

export const droppedPerson = (e: DragEvent): string => e.dataTransfer?.getData(PERSON) ?? "";
export const droppedIncident = (e: DragEvent): string => e.dataTransfer?.getData(INCIDENT) ?? "";
