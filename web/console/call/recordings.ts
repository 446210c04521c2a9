// recording.list as it comes.

export interface RecordingTrack {
  user?: string;
  name?: string;
  kind: string;
  file?: string;
  size?: number;
  sha256?: string;
}

export interface Recording {
  id: string;
  conf: string;
  title?: string;
  incident?: string;
  state?: string;
  why_zh?: string;
  why_en?: string;
  operator?: string;
  operator_name?: string;
  from: string;
  until?: string;
  file?: string;
  sha256?: string;
  size?: number;
  progress?: number;
  removed?: boolean;
  keep_until?: string;
  tracks?: RecordingTrack[];
}
