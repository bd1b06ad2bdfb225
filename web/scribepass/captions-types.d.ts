/** What `scribepass/captions` exports. Apart from captions.js by name, which has types of its own and is checked. */
import type { Transcript } from "./types.d.ts";

/** One line for each turn, with the speaker's name in front where it is known. */
export function toText(transcript: Transcript): string;
/** SubRip. */
export function toSrt(transcript: Transcript): string;
/** WebVTT. */
export function toVtt(transcript: Transcript): string;
/** The segments with everything that is known of them, and the gaps. */
export function toJson(transcript: Transcript): string;
