import type { Plugin } from "vite";

export function words(page: string): Plugin;
