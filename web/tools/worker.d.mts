import type { Plugin } from "vite";

export function worker(o: { source: string; page: string; publicDir: string; also?: string[] }): Plugin;
