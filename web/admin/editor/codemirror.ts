// CodeMirror, set up for rules: Lua's colours, marks of what is wrong, what can be written, results beside the lines
// they are about. It lives in a shadow root, because there its style sheets are constructed ones, which the page's
// content policy allows; a <style> element it does not. The colours are the page's own tokens.

import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
  startCompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, RangeSetBuilder, StateEffect, StateField, type Extension } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
  ViewPlugin,
  WidgetType,
  type DecorationSet,
  type ViewUpdate,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { pick } from "../../shared/format";
import type { Entry, Knowledge } from "./knowledge";

/** A result beside a line: a scenario's failed expectation. */
export interface Note {
  line: number;
  text: string;
  tone: "bad" | "good";
}

export interface Hooks {
  knowledge: () => Knowledge;
  changed(text: string): void;
  cursor(line: number, column: number): void;
  /** The few phrases CodeMirror itself says. */
  phrases: () => Record<string, string>;
}

const font = '0.875rem/1.6 ui-monospace, "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "Noto Sans Mono CJK SC", "Noto Sans CJK SC", monospace';

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--code-bg)", font },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "inherit", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.5rem 0" },
  ".cm-gutters": { backgroundColor: "var(--code-bg)", color: "var(--dim)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.4em", padding: "0 0.6em 0 0.4em" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--raised) 55%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 32%, transparent)",
  },
  ".cm-selectionMatch": { backgroundColor: "color-mix(in srgb, var(--accent) 18%, transparent)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--dim)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--red) 1.5px", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--amber) 1.5px", textUnderlineOffset: "3px" },
  ".cm-gutter-lint": { width: "1.2em" },
  ".cm-lint-marker": { width: "0.8em", height: "0.8em", content: '""', borderRadius: "50%", marginTop: "0.4em" },
  ".cm-lint-marker-error": { content: '""', backgroundColor: "var(--red)" },
  ".cm-lint-marker-warning": { content: '""', backgroundColor: "var(--amber)" },
  ".cm-tooltip": {
    backgroundColor: "var(--panel)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
    boxShadow: "0 6px 24px rgb(0 0 0 / 30%)",
    font: "0.875rem/1.5 system-ui, sans-serif",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxHeight: "16rem" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.15rem 0.6rem !important", lineHeight: "1.5", display: "flex", gap: "0.75rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-completionLabel": { fontFamily: "ui-monospace, Menlo, Consolas, monospace" },
  ".cm-completionDetail": { font: "0.8125rem/1.7 system-ui, sans-serif", fontStyle: "normal", marginLeft: "auto", color: "var(--dim)", maxWidth: "22rem", overflow: "hidden", textOverflow: "ellipsis" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionInfo": { maxWidth: "26rem", padding: "0.5rem 0.75rem" },
  ".fq-doc": { maxWidth: "34rem", padding: "0.5rem 0.75rem" },
  ".fq-doc code": { display: "block", font: "0.8125rem/1.5 ui-monospace, Menlo, Consolas, monospace", color: "var(--accent)", whiteSpace: "pre-wrap" },
  ".fq-doc p": { margin: "0.25rem 0 0" },
  ".fq-doc pre": {
    margin: "0.4rem 0 0",
    padding: "0.4rem 0.6rem",
    borderRadius: "4px",
    backgroundColor: "var(--bg)",
    font: "0.8125rem/1.5 ui-monospace, Menlo, Consolas, monospace",
    whiteSpace: "pre-wrap",
  },
  ".cm-tooltip-lint": { padding: "0" },
  ".cm-diagnostic": { padding: "0.4rem 0.75rem", borderLeft: "4px solid var(--red)", whiteSpace: "pre-wrap", maxWidth: "34rem" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--amber)" },
  ".cm-diagnosticAction": { backgroundColor: "var(--accent)", color: "var(--accent-ink)", borderRadius: "4px", padding: "0.1rem 0.5rem" },
  ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "0.4rem 0.6rem" },
  ".cm-panel.cm-search label": { fontSize: "0.8125rem" },
  ".cm-textfield": { backgroundColor: "var(--bg)", border: "1px solid var(--line)", borderRadius: "4px", color: "var(--text)", fontSize: "0.875rem" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--raised)", border: "1px solid var(--line)", borderRadius: "4px", color: "var(--text)", fontSize: "0.8125rem" },
  ".cm-searchMatch": { backgroundColor: "color-mix(in srgb, var(--amber) 35%, transparent)" },
  ".cm-searchMatch-selected": { outline: "1px solid var(--amber)" },
  ".fq-note": {
    display: "block",
    margin: "0 0 0.15rem 1rem",
    padding: "0.1rem 0.6rem",
    borderLeft: "3px solid var(--red)",
    color: "var(--red)",
    backgroundColor: "color-mix(in srgb, var(--red) 9%, transparent)",
    font: "0.8125rem/1.5 system-ui, sans-serif",
    whiteSpace: "pre-wrap",
  },
  ".fq-note.good": { borderLeftColor: "var(--ok)", color: "var(--ok)", backgroundColor: "color-mix(in srgb, var(--ok) 9%, transparent)" },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-text)" },
  { tag: tags.comment, color: "var(--dim)", fontStyle: "normal" },
  { tag: [tags.number, tags.bool, tags.atom], color: "var(--code-number)" },
  { tag: tags.standard(tags.variableName), color: "var(--code-word)" },
]);

/* -- long lines: what is wrapped stands below the line's own indent, not at the margin */

const STEPS = 16;
const indents = Array.from({ length: STEPS }, (_, i) => Decoration.line({ class: `fq-in${i}` }));
const hanging: Extension = [
  EditorView.theme(
    Object.fromEntries(indents.map((_, i) => [`.cm-line.fq-in${i}`, { paddingLeft: `calc(${i + 2}ch * 2 + 6px)`, textIndent: `calc(${i + 2}ch * -2)` }])),
  ),
  ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(v: EditorView) {
        this.decorations = this.build(v);
      }
      update(u: ViewUpdate): void {
        if (u.docChanged || u.viewportChanged) this.decorations = this.build(u.view);
      }
      build(v: EditorView): DecorationSet {
        const b = new RangeSetBuilder<Decoration>();
        for (const { from, to } of v.visibleRanges)
          for (let at = from; at <= to; ) {
            const line = v.state.doc.lineAt(at);
            const spaces = /^ */.exec(line.text)?.[0].length ?? 0;
            const deco = indents[Math.min(STEPS - 1, Math.floor(spaces / 2))];
            if (deco) b.add(line.from, line.from, deco);
            at = line.to + 1;
          }
        return b.finish();
      }
    },
    { decorations: (p) => p.decorations },
  ),
];

/* -- results beside lines */

class NoteWidget extends WidgetType {
  constructor(private readonly note: Note) {
    super();
  }
  override eq(other: NoteWidget): boolean {
    return other.note.text === this.note.text && other.note.tone === this.note.tone;
  }
  toDOM(): HTMLElement {
    const dom = document.createElement("div");
    dom.className = `fq-note ${this.note.tone}`;
    dom.textContent = this.note.text;
    return dom;
  }
}
const setNotesEffect = StateEffect.define<Note[]>();
const notes = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(set, tr) {
    let next = set.map(tr.changes);
    if (tr.docChanged && next.size) {
      // A line that was written into has no result any more.
      const touched = new Set<number>();
      tr.changes.iterChangedRanges((_a, _b, from, to) => {
        for (let l = tr.newDoc.lineAt(from).number; l <= tr.newDoc.lineAt(to).number; l++) touched.add(l);
      });
      next = next.update({ filter: (from) => !touched.has(tr.newDoc.lineAt(from).number) });
    }
    for (const e of tr.effects)
      if (e.is(setNotesEffect))
        next = Decoration.set(
          e.value
            .filter((n) => n.line >= 1 && n.line <= tr.newDoc.lines)
            .map((n) => Decoration.widget({ widget: new NoteWidget(n), side: 1, block: true }).range(tr.newDoc.line(n.line).to)),
          true,
        );
    return next;
  },
  provide: (f) => EditorView.decorations.from(f),
});

/* -- what can be written */

function docOf(e: Entry): HTMLElement {
  const dom = document.createElement("div");
  dom.className = "fq-doc";
  const put = (tag: string, text: string) => {
    if (!text) return;
    const el = document.createElement(tag);
    el.textContent = text;
    dom.append(el);
  };
  put("code", e.signature);
  put("p", pick(e.zh, e.en));
  put("pre", e.example);
  return dom;
}

function complete(hooks: Hooks) {
  return (c: CompletionContext): CompletionResult | null => {
    const offer = hooks.knowledge().offer(c.state.doc.sliceString(0, c.pos), c.explicit);
    if (!offer) return null;
    const options = offer.entries.map(
      (e): Completion => ({
        label: e.name,
        detail: pick(e.zh, e.en).split(/[。;；\n]/)[0]?.slice(0, 40),
        info: () => docOf(e),
      }),
    );
    return { from: offer.from, options, validFor: offer.quoted ? /^[\w.]*$/ : /^\w*$/ };
  };
}

function hover(hooks: Hooks): Extension {
  return hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    const found = hooks.knowledge().meaning(view.state.doc.sliceString(0, line.from), line.text, pos - line.from);
    if (!found) return null;
    return { pos: line.from + found.from, end: line.from + found.to, above: true, create: () => ({ dom: docOf(found.entry) }) };
  }, { hideOnChange: true });
}

/* -- the editor */

export function createEditor(host: HTMLElement, hooks: Hooks) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const readOnly = new Compartment();
  const said = new Compartment();
  let quiet = false;
  let locked = false;

  const extensions = (path: string): Extension[] => [
    lineNumbers(),
    lintGutter(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    bracketMatching(),
    closeBrackets(),
    indentOnInput(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    EditorView.lineWrapping,
    hanging,
    notes,
    look,
    syntaxHighlighting(colours),
    path.endsWith(".lua") ? [StreamLanguage.define(lua), autocompletion({ override: [complete(hooks)], icons: false }), hover(hooks)] : [],
    // Tab takes an offer that is open, else indents; Escape, then Tab, leaves the editor.
    keymap.of([
      { key: "Tab", run: (v) => acceptCompletion(v) || completionStatus(v.state) !== null },
      { key: "Ctrl-.", run: startCompletion },
      indentWithTab,
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...completionKeymap,
    ]),
    EditorView.contentAttributes.of({ "aria-label": path, tabindex: "0", spellcheck: "false", autocorrect: "off", autocapitalize: "off" }),
    readOnly.of(EditorState.readOnly.of(locked)),
    said.of(EditorState.phrases.of(hooks.phrases())),
    EditorView.updateListener.of((u) => {
      if (u.docChanged && !quiet) hooks.changed(u.state.doc.toString());
      if (u.docChanged || u.selectionSet) report(u.state);
    }),
  ];
  function report(state: EditorState): void {
    const at = state.selection.main.head;
    const line = state.doc.lineAt(at);
    hooks.cursor(line.number, at - line.from);
  }

  const view = new EditorView({ parent: root, root });
  /** What each file looked like when it was left: its undo history, its place. */
  const states = new Map<string, { state: EditorState; top: number }>();
  let shown = "";

  return {
    view,
    show(path: string, text: string): void {
      if (shown && shown !== path) states.set(shown, { state: view.state, top: view.scrollDOM.scrollTop });
      const kept = states.get(path);
      shown = path;
      const fits = kept && kept.state.doc.toString() === text;
      view.setState(fits ? kept.state : EditorState.create({ doc: text, extensions: extensions(path) }));
      view.dispatch({
        effects: [readOnly.reconfigure(EditorState.readOnly.of(locked)), said.reconfigure(EditorState.phrases.of(hooks.phrases()))],
      });
      requestAnimationFrame(() => (view.scrollDOM.scrollTop = fits ? kept.top : 0));
      report(view.state);
    },
    /** The text changed elsewhere (another's draft, a file list kept true): taken as one step that can be undone. */
    replace(text: string): void {
      const now = view.state.doc.toString();
      if (now === text) return;
      let a = 0;
      while (a < now.length && a < text.length && now[a] === text[a]) a++;
      let z = 0;
      while (z < now.length - a && z < text.length - a && now[now.length - 1 - z] === text[text.length - 1 - z]) z++;
      quiet = true;
      view.dispatch({ changes: { from: a, to: now.length - z, insert: text.slice(a, text.length - z) } });
      quiet = false;
    },
    forget(path: string): void {
      states.delete(path);
      if (shown === path) shown = "";
    },
    mark(list: Diagnostic[]): void {
      view.dispatch(setDiagnostics(view.state, list));
    },
    note(list: Note[]): void {
      view.dispatch({ effects: setNotesEffect.of(list) });
    },
    goTo(line: number, column = 0): void {
      const at = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
      view.dispatch({ selection: { anchor: Math.min(at.from + column, at.to) }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
      view.focus();
    },
    /** Puts text into a line and selects what in it is to be looked at. */
    insert(line: number, column: number, text: string, select: { from: number; to: number }): void {
      const at = view.state.doc.line(line).from + column;
      view.dispatch({
        changes: { from: at, insert: text },
        selection: { anchor: at + select.from, head: at + select.to },
        scrollIntoView: true,
        userEvent: "input",
      });
      view.focus();
    },
    lock(on: boolean): void {
      locked = on;
      view.dispatch({ effects: readOnly.reconfigure(EditorState.readOnly.of(on)) });
    },
    speak(): void {
      view.dispatch({ effects: said.reconfigure(EditorState.phrases.of(hooks.phrases())) });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
export type CodeEditor = ReturnType<typeof createEditor>;
export type { Diagnostic };
