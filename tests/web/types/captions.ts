/** The subpath: `scribepass/captions`. */
import { toJson, toSrt, toText, toVtt } from "scribepass/captions";
import type { Transcript } from "scribepass";

export const downloads = (transcript: Transcript): Record<string, string> => ({
  txt: toText(transcript),
  srt: toSrt(transcript),
  vtt: toVtt(transcript),
  json: toJson(transcript),
});

// @ts-expect-error a transcript is wanted
toSrt("hello");
