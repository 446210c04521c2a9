// Where the session of this page is kept (shared/session.ts).

export const SCREEN_SESSION = "fq.screen.session";
