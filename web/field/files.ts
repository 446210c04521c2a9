// Photos and voice notes of a form: in the phone from the moment they are taken, named by their hash.

/** What a draft remembers of one. */
export interface FileNote {
  sha256: string;
  kind: "photo" | "voice";
}

/** As many as an incident takes with one command. */
export const MOST_FILES = 9;
