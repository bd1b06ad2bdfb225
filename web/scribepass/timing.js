/** How long things may take, in seconds; what each is, types.d.ts says. */

/** @type {import("./types.d.ts").Timing} */
export const TIMING = { connect: 10, drain: 5, stall: 10, idle: 60, patience: 300, life: 12_960, speed: 2 };

/** So often it is looked after a run. */
export const TICK_MS = 100;
/** More bytes are not given to the socket (a second of audio): what it holds, it would lose. */
export const BUFFERED = 32_000;
/** After a sleep of so long the server has given up; a page in the background gets a timer once a minute. */
export const [ASLEEP, FROZEN] = [12, 90];
/** A stream that has gone well for so long was no failure. */
export const WELL = 10;
