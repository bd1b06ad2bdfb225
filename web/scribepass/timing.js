/** How long things may take, in seconds; what each is, types.d.ts says. */

/** @type {import("./types.d.ts").Timing} */
export const TIMING = { connect: 10, drain: 5, stall: 10, idle: 60, patience: 300, life: 12_960, speed: 2 };
