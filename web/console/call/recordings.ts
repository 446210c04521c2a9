// recording.list as it comes.

export interface RecordingTrack {
  user: string;
  name: string;
  kind: string;
  sha256: string;
  size: number;
  from: string;
  until: string;
}

export interface Recording {
  id: string;
  conf: string;
  title?: string;
  incident?: string;
  state: string;
  why_zh?: string;
  why_en?: string;
  operator: string;
  operator_name: string;
  from: string;
  until?: string;
  /** The playable file. */
  sha256?: string;
  size?: number;
  /** Tracks that could not be read. */
  broken?: number;
  keep_until?: string;
  /** When the files were last hashed again, and whether they are what the journal says. */
  verified_at?: string;
  intact?: boolean;
  /** Percent of what is being made playable. */
  progress?: number;
  tracks?: RecordingTrack[];
}
