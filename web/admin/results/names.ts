// Names for what commands carry as ids: people, units, methods, kinds, questions. Asked of the server once a session;
// until an answer is there (or when it has none) the id itself is shown.

import { inject, provide, shallowReactive, type InjectionKey } from "vue";
import { isWord, say, t, tData } from "../../shared/i18n";
import type { Link } from "../../shared/link";
import { useAdmin } from "../admin";

type Two = readonly [zh: string, en: string];
type Asks = Pick<Link, "query">;

export class Lexicon {
  private readonly users = shallowReactive(new Map<string, string>());
  private readonly units = shallowReactive(new Map<string, string>());
  private readonly methods = shallowReactive(new Map<string, Two>());
  private readonly kinds = shallowReactive(new Map<string, Two>());
  private readonly views = shallowReactive(new Map<string, Two>());

  learnUser(id: string, name: string | undefined): void {
    if (name) this.users.set(id, name);
  }
  learnUnit(id: string, name: string | undefined): void {
    if (name) this.units.set(id, name);
  }
  learnMethod(name: string, zh: string, en: string): void {
    this.methods.set(name, [zh, en]);
  }
  learnKind(name: string, zh: string, en: string): void {
    this.kinds.set(name, [zh, en]);
  }
  learnView(name: string, zh: string, en: string): void {
    this.views.set(name, [zh, en]);
  }

  /** Each part on its own: a server may lack one, a person may not be allowed another. */
  async load(link: Asks): Promise<void> {
    const tree = async (): Promise<void> => {
      const r = await link.query<{ units: { id: string; name: string }[] }>("org.tree");
      for (const u of r.units) this.learnUnit(u.id, u.name);
    };
    const people = async (): Promise<void> => {
      for (let after: string | undefined; ; ) {
        const asked: Record<string, unknown> = after ? { limit: 1000, after } : { limit: 1000 };
        const r = await link.query<{ rows: { name: string; display?: string }[]; next?: string }>("user.list", asked);
        for (const u of r.rows) this.learnUser(u.name, u.display);
        if (!r.next) return;
        after = r.next;
      }
    };
    type Said = { name: string; zh: string; en: string; kind?: string };
    const api = async (): Promise<void> => {
      const r = await link.query<{ words?: Said[]; kinds?: Said[]; methods?: Said[] }>("policy.api");
      for (const m of r.methods ?? []) this.learnMethod(m.name, m.zh, m.en);
      for (const k of r.kinds ?? []) this.learnKind(k.name, k.zh, k.en);
      for (const v of r.words ?? []) if (v.kind === "view") this.learnView(v.name.replace(/^view\./, ""), v.zh, v.en);
    };
    await Promise.allSettled([tree(), people(), api()]);
  }

  user(id: string): string {
    return this.users.get(id) ?? id;
  }
  unit(id: string): string {
    return this.units.get(id) ?? id;
  }
  anyone(id: string): string {
    return this.users.get(id) ?? this.units.get(id) ?? id;
  }
  /** Who did it: a person, a rule, the system. */
  actor(id: string | undefined): string {
    if (!id) return "";
    if (id === "system") return t("actor.system");
    if (id.startsWith("policy/")) return t("actor.policy", { name: id.slice(7) });
    return this.user(id);
  }
  method(name: string): string {
    const key = `method.${name}`;
    return isWord(key) ? t(key) : told(this.methods, name);
  }
  kind(name: string): string {
    const known = tData("kind", name);
    return known !== name ? known : told(this.kinds, name);
  }
  /** What a question of a rule asks, "" when that is not known. */
  view(name: string): string {
    const known = this.views.get(name);
    return known ? say(known) : "";
  }
}
const told = (map: Map<string, Two>, name: string): string => {
  const known = map.get(name);
  return (known && say(known)) || name;
};

const key: InjectionKey<Lexicon> = Symbol("names");
const kept = new WeakMap<object, Lexicon>();

/** For the components below; asked for once a link. */
export function provideNames(): Lexicon {
  const { link } = useAdmin().session;
  let names = kept.get(link);
  if (!names) {
    kept.set(link, (names = new Lexicon()));
    void names.load(link);
  }
  provide(key, names);
  return names;
}
export const useNames = (): Lexicon => inject(key, () => new Lexicon(), true);
