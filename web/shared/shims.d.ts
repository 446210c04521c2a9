declare module "*.css";

declare module "virtual:words" {
  /** Where the words are, when the build keeps them apart from the code. */
  export const wordFiles: { zh: string; en: string } | null;
}
