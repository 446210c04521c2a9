// Opens a sheet of the print page in a tab of its own. With an opener, so that the browser copies this tab's storage,
// and with it the sign-in.

export function openSheet(what: { incident: string } | { shift: string }): void {
  open(`/print/?${new URLSearchParams(what).toString()}`, "_blank");
}
